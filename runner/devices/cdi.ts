/**
 * The machine's own device files (CDI): which devices they name, and which nodes below `/dev` each of them needs. Read as
 * Podman does: JSON or YAML, and of two folders the later one counts.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod/mini";

const edits = z.nullish(
  z.object({ deviceNodes: z.nullish(z.array(z.object({ path: z.string(), hostPath: z.nullish(z.string()) }))) }),
);
const fileSchema = z.object({
  kind: z.string(),
  containerEdits: edits,
  devices: z.array(z.object({ name: z.coerce.string(), containerEdits: edits })),
});

/** By the device's full name, the nodes that it needs. */
type Devices = ReadonlyMap<string, string[]>;
const NONE: Devices = new Map();

export class CdiFiles {
  readonly #folders: readonly string[];
  /** Parsed before, and still the same file. */
  readonly #known = new Map<string, { stamp: string; devices: Devices }>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** By the name of each device that cannot be given: why. */
  troubles(names: readonly string[]): Map<string, string> {
    const devices = new Map(this.#folders.flatMap((folder) => [...this.#in(folder)]));
    const found = names.flatMap((name): [string, string][] => {
      const nodes = devices.get(name);
      const missing = nodes?.find((path) => !existsSync(path));
      if (nodes === undefined) {
        return [[name, `no CDI file in ${this.#folders.join(" or ")} names it`]];
      }
      return missing === undefined ? [] : [[name, `${missing} is gone`]];
    });
    return new Map(found);
  }

  #in(folder: string): Devices {
    const files = namesIn(folder).filter((name) => /\.(json|ya?ml)$/.test(name));
    return new Map(files.flatMap((name) => [...this.#read(join(folder, name))]));
  }

  /** What cannot be read names nothing. */
  #read(path: string): Devices {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      const known = this.#known.get(path);
      if (known?.stamp === stamp) {
        return known.devices;
      }
      const devices = devicesOf(readFileSync(path, "utf8"));
      this.#known.set(path, { stamp, devices });
      return devices;
    } catch {
      return NONE;
    }
  }
}

/** JSON is YAML. */
function devicesOf(text: string): Devices {
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success) {
    return NONE;
  }
  const { kind, containerEdits, devices } = parsed.data;
  const nodes = (given: z.infer<typeof edits>) =>
    given?.deviceNodes?.map(({ path, hostPath }) => hostPath || path) ?? [];
  const common = nodes(containerEdits);
  return new Map(devices.map((one) => [`${kind}=${one.name}`, [...common, ...nodes(one.containerEdits)]]));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
