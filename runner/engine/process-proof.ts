/**
 * Whether a container's first process is alive. Podman may say `running` for minutes after conmon and the process were
 * killed, and a number of a process may belong to another one by then.
 */
import { readFile } from "node:fs/promises";

export type ProcessTrace = {
  /** `/proc/PID/stat`, `/proc/PID/cgroup`. */
  stat: string;
  cgroup: string;
};

/** The kernel shows times to user space in hundredths of a second, whatever its own tick. */
const MS_PER_TICK = 10;
/** Uptime is read with less precision than a process' start. */
const SLACK_MS = 1_000;

/**
 * Pure. The cgroup is the real proof; the start tells apart what is older than the container (`notBeforeMs`, in uptime;
 * null: not known). Both count from the boot: a wall clock that is set, by whatever much, changes neither. Podman's own
 * time of the start does not serve: it is by the wall clock, and a container with drives has its process before that.
 */
export function provesLife(trace: ProcessTrace, container: { id: string; notBeforeMs: number | null }): boolean {
  // The program's own name, in parentheses, may hold blanks and parentheses: fields are counted after the last one.
  const fields = trace.stat.slice(trace.stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], Number(fields[19])];
  if (state === undefined || "ZXx".includes(state) || Number.isNaN(startTicks)) {
    return false;
  }
  const { id, notBeforeMs } = container;
  if (notBeforeMs !== null && startTicks * MS_PER_TICK < notBeforeMs - SLACK_MS) {
    return false;
  }
  return namesContainer(trace.cgroup, id);
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
    const paths = [`/proc/${pid}/stat`, `/proc/${pid}/cgroup`];
    const [stat = "", cgroup = ""] = await Promise.all(paths.map((path) => readFile(path, "utf8")));
    return { stat, cgroup };
  } catch {
    // ENOENT, or ESRCH when it goes while it is read.
    return null;
  }
}
