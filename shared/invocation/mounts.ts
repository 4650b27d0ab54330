/**
 * Where the files of a job are in its container. One file is mounted once, however often it is named, and writable if one
 * of the uses is; only who asks for it at several places gets several. A file that nobody wants at a certain place is
 * `/work/NAME`; files of the same name are told apart by `-0`, `-1`, … in the order of their paths. No mount lies in
 * another one: what is seen there would depend on which of them was made first.
 */
import { MAX_MOUNTS, type Mount } from "../plan.ts";
import { utf8Length } from "../text.ts";
import { type DrivePath, MAX_NAME_BYTES } from "./drive-path.ts";
import type { FileUse } from "./file-use.ts";
import { type Fault, fault } from "./model.ts";

/** Of all paths together: a plan carries them, and a command names them again. */
const MAX_PATHS_BYTES = 64 * 1024;
const TAKEN = "Another file or folder of the job is mounted there, above it or below it.";

/** The uses of one file. `destination`: wanted by the user, or null until it has a name. */
type Wish = { use: FileUse; source: string; readOnly: boolean; destination: string | null };
type Named = Wish & { destination: string };

export function mountFiles(uses: readonly FileUse[]): { kind: "ok"; mounts: Mount[] } | Fault {
  const wishes = gather(uses);
  const extra = wishes[MAX_MOUNTS];
  if (extra !== undefined) {
    return fault(extra.use.at(null), `At most ${MAX_MOUNTS} files and folders can be mounted in a job.`);
  }
  const explicit = wishes.filter((wish): wish is Named => wish.destination !== null);
  const names = new Names(explicit);
  const objection = names.clash() ?? names.give(wishes.filter(({ destination }) => destination === null));
  return objection ?? tooLong(names.given) ?? { kind: "ok", mounts: names.given.map(toMount) };
}

/** Null: no mount has it. The nearest of the mounted folders above it counts, and the first of its places. */
export function mountedPath(mounts: readonly Mount[], file: DrivePath & { mountPath?: string | null }): string | null {
  const wanted = mounts.find(({ destination, ...mount }) => destination === file.mountPath && isAbove(mount, file));
  let best: Mount | null = wanted ?? null;
  for (const mount of wanted === undefined ? mounts : []) {
    if (isAbove(mount, file) && mount.path.length > (best?.path.length ?? -1)) {
      best = mount;
    }
  }
  return best === null ? null : `${best.destination}${sourceOf(file).slice(sourceOf(best).length)}`;
}

function isAbove(mount: DrivePath, file: DrivePath): boolean {
  return isWithin(sourceOf(file), sourceOf(mount));
}

function sourceOf({ drive, path }: DrivePath): string {
  return path === "" ? `/${drive}` : `/${drive}/${path}`;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function gather(uses: readonly FileUse[]): Wish[] {
  const bySource = Map.groupBy(uses, sourceOf);
  return [...bySource].flatMap(([source, same]) => {
    const readOnly = same.every((use) => use.readOnly);
    const wanted = new Map(same.filter(({ mountPath }) => mountPath !== null).map((use) => [use.mountPath, use]));
    const placed = wanted.size > 0 ? [...wanted.values()] : same.slice(0, 1);
    return placed.map((use) => ({ use, source, readOnly, destination: use.mountPath }));
  });
}

/** Destinations, none of which lies in another. */
class Names {
  readonly given: Named[] = [];
  readonly #explicit: readonly Named[];

  constructor(explicit: readonly Named[]) {
    this.#explicit = explicit;
  }

  /** Of the places that were asked for. */
  clash(): Fault | null {
    for (const wish of this.#explicit) {
      if (this.#isTaken(wish.destination)) {
        return fault(wish.use.at("mountPath"), TAKEN);
      }
      this.given.push(wish);
    }
    return null;
  }

  /** A name that only one has goes to that one; then the others are numbered, by numbers that are free. */
  give(wishes: readonly Wish[]): Fault | null {
    const groups = [...Map.groupBy(wishes, ({ source }) => source.slice(source.lastIndexOf("/") + 1))];
    const alone = groups.filter(([, { length }]) => length === 1);
    for (const [name, same] of [...alone, ...groups.filter(([, { length }]) => length > 1)]) {
      const objection = same.length === 1 ? this.#call(same, name) : this.#number(same, name);
      if (objection !== null) {
        return objection;
      }
    }
    return null;
  }

  /** A place that was asked for there can be chosen anew; this name cannot. */
  #call(alone: readonly Wish[], name: string): Fault | null {
    const destination = `/work/${name}`;
    const other = this.#taking(destination);
    if (other !== undefined) {
      return fault(other.use.at("mountPath"), TAKEN);
    }
    this.given.push(...alone.map((wish) => ({ ...wish, destination })));
    return null;
  }

  #number(same: readonly Wish[], name: string): Fault | null {
    let suffix = 0;
    for (const wish of same.toSorted((a, b) => (a.source < b.source ? -1 : 1))) {
      while (this.#isTaken(`/work/${name}-${suffix}`)) {
        suffix += 1;
      }
      if (utf8Length(`${name}-${suffix}`) > MAX_NAME_BYTES) {
        return fault(
          wish.use.at("path"),
          "Several files of the job have this name, and it is too long to number them.",
        );
      }
      this.given.push({ ...wish, destination: `/work/${name}-${suffix}` });
    }
    return null;
  }

  #isTaken(destination: string): boolean {
    return this.#taking(destination) !== undefined;
  }

  #taking(destination: string): Named | undefined {
    return this.given.find(
      (other) => isWithin(destination, other.destination) || isWithin(other.destination, destination),
    );
  }
}

function tooLong(named: readonly Named[]): Fault | null {
  let bytes = 0;
  for (const { use, source, destination } of named) {
    bytes += utf8Length(source) + utf8Length(destination);
    if (bytes > MAX_PATHS_BYTES) {
      return fault(
        use.at("path"),
        `The paths of the job's files are too long: at most ${MAX_PATHS_BYTES} bytes together.`,
      );
    }
  }
  return null;
}

function toMount({ use: { drive, path }, destination, readOnly }: Named): Mount {
  return { drive, path, destination, readOnly };
}
