/** The command lines of processes, as every account of a machine can read them. */
import { readdirSync, readFileSync } from "node:fs";

/** Of a process and all that it has started, and that still belongs to it. */
export function commandLinesBelow(pid: number): string[] {
  return processesBelow(pid).map(({ line }) => line);
}

export function processesBelow(pid: number): { pid: number; line: string }[] {
  const parents = new Map(pidsNow().map((one) => [one, parentOf(one)]));
  const isBelow = (one: number | null | undefined): boolean =>
    one === pid || (one !== null && one !== undefined && one > 1 && isBelow(parents.get(one)));
  return [...parents.keys()]
    .filter(isBelow)
    .map((one) => ({ pid: one, line: textOf(`/proc/${one}/cmdline`).replaceAll("\0", " ") }));
}

function pidsNow(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number | null {
  const stat = textOf(`/proc/${pid}/stat`);
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return Number.isInteger(parent) ? parent : null;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
