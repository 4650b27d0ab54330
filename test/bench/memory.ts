/** What a process holds of the machine's memory. */
import { readFile } from "node:fs/promises";

export const MEBIBYTE = 2 ** 20;

export async function residentBytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
