/** One container that says who it is, what it was given, and takes more than it may: of processes, and of memory. */
import { type Bench, MEMORY_BYTES, type Seen } from "./bench.ts";

/** So few that the limit of processes, which goes with them, is soon reached. */
export const CORES = 0.1;
const PROCESSES = 512;

export type Trial = Seen & {
  /** null: it did not say. */
  uid: number | null;
  gid: number | null;
  /** Microseconds of each tenth of a second; `max` or below zero: no limit. null: not to be seen. */
  quota: string | null;
  /** The exit codes of those who took too much. */
  processes: number | null;
  memory: number | null;
};

/** A device that its user cannot open is said with a minus. */
export const SAY_DEVICES = [
  "for device in /dev/* /dev/*/*; do case $device in /dev/fd/* | /dev/pts/*) continue;; esac",
  "[ -h $device ] && continue; [ -c $device ] || [ -b $device ] || continue",
  "[ -r $device ] && [ -w $device ] && echo device $device || echo device -$device; done",
].join("; ");

const SCRIPT = [
  "while read -r key id rest; do case $key in Uid:) echo uid $id;; Gid:) echo gid $id;; esac; done < /proc/self/status",
  "for file in /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us; do " +
    "[ -r $file ] && read -r quota rest < $file && echo quota $quota; done",
  SAY_DEVICES,
  `dd if=/dev/zero of=/dev/null bs=${2 * MEMORY_BYTES} count=1 2> /dev/null; echo memory $?`,
  // Each stands still and holds its number.
  `( n=0; while [ $n -lt ${PROCESSES} ]; do ` +
    "( read -r pid rest < /proc/self/stat; kill -STOP $pid ) & n=$((n + 1)); done ) 2> /dev/null; echo processes $?",
].join("\n");

export async function tryContainer(bench: Bench): Promise<Trial> {
  const seen = await bench.run({ script: SCRIPT, cpu: CORES });
  const [quota = null] = wordsOf("quota", seen);
  const number = (key: string) => wordsOf(key, seen).map(Number)[0] ?? null;
  return {
    ...seen,
    ...{ uid: number("uid"), gid: number("gid"), quota },
    ...{ processes: number("processes"), memory: number("memory") },
  };
}

/** What stands behind the key, of each line that begins with it. */
export function wordsOf(key: string, { said }: Pick<Seen, "said">): string[] {
  return said.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
}
