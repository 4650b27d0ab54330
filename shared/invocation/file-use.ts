/**
 * Files and folders that a job uses: the values of its file parameters, and those that its user added beside. Both are
 * the same kind of value at UCloud, and both are mounted.
 */
import * as z from "zod/mini";
import { type DrivePath, type Odd, parseDrivePath } from "./drive-path.ts";
import { type Declaration, type Fault, fault, type Key, type Place } from "./model.ts";
import { parseMountPath } from "./mount-path.ts";

/** `mountPath`: where the user wants it in the container; null: below `/work`, under its own name. */
export type FileUse = DrivePath & { mountPath: string | null; readOnly: boolean; at: PlaceOf };
/** The place of a value, or of a key of it. */
type PlaceOf = (key: Key) => Place;

/** Parameters that take a file, and what else they are called. */
export const FILE_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ["input_file", "a file"],
  ["input_directory", "a folder"],
]);

/** The older UCloud knows no mount path, and leaves out what is false. */
const valueSchema = z.object({
  type: z.literal("file"),
  path: z.string(),
  mountPath: z.nullish(z.string()),
  readOnly: z.nullish(z.boolean()),
});

/** Those of the parameters, by parameter. A default is the author's and names nobody's files: it does not count. */
export function filesOfParameters(
  declarations: readonly Declaration[],
  given: Readonly<Record<string, unknown>>,
): { kind: "ok"; uses: Map<string, FileUse> } | Fault {
  const uses = new Map<string, FileUse>();
  for (const { name, type } of declarations) {
    const noun = FILE_PARAMETERS.get(type);
    const raw = Object.hasOwn(given, name) ? (given[name] ?? null) : null;
    if (noun === undefined || raw === null) {
      continue;
    }
    const use = readFile(raw, (key) => ({ kind: "parameter", name, key }), noun);
    if (use.kind === "fault") {
      return use;
    }
    uses.set(name, use.use);
  }
  return { kind: "ok", uses };
}

export function readFile(raw: unknown, at: PlaceOf, noun: string): { kind: "ok"; use: FileUse } | Fault {
  const parsed = valueSchema.safeParse(raw);
  if (!parsed.success) {
    const [key] = parsed.error.issues[0]?.path ?? [];
    if (key === "path" || key === "mountPath") {
      return fault(at(key), "This must be a text.");
    }
    return key === "type"
      ? fault(at("type"), `The parameter takes ${noun}.`)
      : fault(at(null), "The value cannot be read.");
  }
  const { path, mountPath, readOnly } = parsed.data;
  const source = parseDrivePath(path);
  if (source.kind === "odd") {
    return oddAt(at("path"), source);
  }
  const place = parseMountPath(mountPath ?? null);
  if (place.kind === "odd") {
    return oddAt(at("mountPath"), place);
  }
  const { drive, path: inside } = source;
  return { kind: "ok", use: { drive, path: inside, mountPath: place.mountPath, readOnly: readOnly ?? false, at } };
}

function oddAt(place: Place, { why }: Odd): Fault {
  return fault(place, why);
}
