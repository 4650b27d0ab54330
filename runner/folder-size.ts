/**
 * What a job's folder takes of the disk, counted by `du` in a process of its own: a job can make more files than anybody
 * should walk in the runner, so it is slow on purpose and given up after a while.
 */
import { execFile } from "node:child_process";

const DEADLINE_MS = 20_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** Bytes; null: it could not be counted in time. Other file systems that are mounted in it are not the job's. */
export function folderBytes(folder: string): Promise<number | null> {
  const options = {
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { LC_ALL: "C" },
  } as const;
  return new Promise((resolve) => {
    // A file that vanished, or that only the job's user may see, is told as an error beside the sum of all others.
    execFile("nice", ["-n", "19", "du", "-skx", "--", folder], options, (_error, stdout) => {
      const [, kibibytes] = /^(\d{1,15})\t/m.exec(stdout) ?? [];
      resolve(kibibytes === undefined ? null : Number(kibibytes) * 1024);
    });
  });
}
