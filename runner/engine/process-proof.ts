/**
 * Whether a container's first process is alive. Podman may say `running` for minutes after conmon and the process were
 * killed, and a number of a process may belong to another one by then.
 */
import { readFile } from "node:fs/promises";

export type ProcessTrace = {
  /** `/proc/PID/stat`, `/proc/PID/cgroup`, `/proc/stat`. */
  stat: string;
  cgroup: string;
  kernelStat: string;
};

/** The kernel shows times to user space in hundredths of a second, whatever its own tick. */
const TICKS_PER_SECOND = 100;
/**
 * The process is born a moment before Podman notes the start, and `btime` follows the wall clock, which may have been
 * set since: by a whole day's worth of time zones where a machine kept local time. The cgroup is the real proof; the
 * start time tells apart what is older by far.
 */
const CLOCK_SLACK_MS = 26 * 3_600_000;

/** Pure. `startedAtPodman` in ms since the epoch; null is never alive: it was never started. */
export function provesLife(trace: ProcessTrace, container: { id: string; startedAtPodman: number | null }): boolean {
  // The program's own name, in parentheses, may hold blanks and parentheses: fields are counted after the last one.
  const fields = trace.stat.slice(trace.stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], Number(fields[19])];
  const bootSeconds = Number(/^btime (\d+)$/m.exec(trace.kernelStat)?.[1]);
  if (state === undefined || "ZXx".includes(state) || Number.isNaN(startTicks + bootSeconds)) {
    return false;
  }
  const bornAt = (bootSeconds + startTicks / TICKS_PER_SECOND) * 1000;
  if (container.startedAtPodman === null || bornAt < container.startedAtPodman - CLOCK_SLACK_MS) {
    return false;
  }
  return namesContainer(trace.cgroup, container.id);
}

/** `…/libpod-ID` or `…/libpod-ID.scope`, maybe with folders below; conmon's own is `libpod-conmon-ID`. */
export function namesContainer(cgroup: string, id: string): boolean {
  return cgroup.split("\n").some((line) => {
    const path = line.split(":").slice(2).join(":");
    return path.split("/").some((part) => part === `libpod-${id}` || part === `libpod-${id}.scope`);
  });
}

/** null: there is no such process (any more). */
export async function readProcess(pid: number): Promise<ProcessTrace | null> {
  if (pid <= 0) {
    return null;
  }
  try {
    const paths = [`/proc/${pid}/stat`, `/proc/${pid}/cgroup`, "/proc/stat"];
    const [stat = "", cgroup = "", kernelStat = ""] = await Promise.all(paths.map((path) => readFile(path, "utf8")));
    return { stat, cgroup, kernelStat };
  } catch {
    // ENOENT, or ESRCH when it goes while it is read.
    return null;
  }
}
