/**
 * Which cores a job is pinned to, so that a program that counts them starts as many threads as it has cores. Sets of
 * jobs that run do not overlap. Pure.
 */

/** `cores`: those that jobs may be pinned to. `nodes`: the same by memory node. `kept`: so many stay with the system. */
export type CoreMap = { cores: number[]; nodes: number[][]; kept: number };

/** Null: there are not so many. The system's are the first ones, and taken last. */
export function chooseCores(
  count: number,
  { cores, nodes, kept }: CoreMap,
  taken: ReadonlySet<number>,
): number[] | null {
  const free = cores.filter((core) => !taken.has(core));
  const systems = new Set(cores.slice(0, kept));
  const others = free.filter((core) => !systems.has(core));
  const usable = others.length >= count ? others : free;
  if (usable.length < count) {
    return null;
  }
  const near = nodes
    .map((node) => usable.filter((core) => node.includes(core)))
    .filter((of) => of.length >= count)
    .toSorted((one, other) => one.length - other.length)[0];
  return neighbours(near ?? usable, count);
}

/** Of the shortest run that is long enough, lest long ones are broken up; the first ones where there is none. */
function neighbours(cores: number[], count: number): number[] {
  const runs: number[][] = [];
  for (const core of cores) {
    const run = runs.at(-1);
    if (run?.at(-1) === core - 1) {
      run.push(core);
    } else {
      runs.push([core]);
    }
  }
  const fitting = runs.filter(({ length }) => length >= count).toSorted((one, other) => one.length - other.length);
  return (fitting[0] ?? cores).slice(0, count);
}

/** As the kernel writes them: `0-3,8`. */
export function parseCores(text: string): number[] {
  return text.trim() === "" ? [] : text.trim().split(",").flatMap(range);
}

function range(part: string): number[] {
  const [first = "", last = first] = part.split("-");
  const [from, to] = [Number(first), Number(last)];
  return Number.isInteger(from) && Number.isInteger(to) && to >= from && to - from < MAX_CORES
    ? Array.from({ length: to - from + 1 }, (_, index) => from + index)
    : [];
}

const MAX_CORES = 8_192;
