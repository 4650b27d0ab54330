/** What a user added to a job beside the application's parameters: files are possible, nothing else is. */
import * as z from "zod/mini";
import { type FileUse, readFile } from "./file-use.ts";
import { type Fault, fault } from "./model.ts";
import { whyUnsupported } from "./unsupported.ts";

const typedSchema = z.object({ type: z.string() });

export function readResources(resources: readonly unknown[]): { kind: "ok"; files: FileUse[] } | Fault {
  const files: FileUse[] = [];
  for (const [index, raw] of resources.entries()) {
    const typed = typedSchema.safeParse(raw);
    if (!typed.success) {
      return fault({ kind: "resource", index, key: null }, "The value has no type.");
    }
    const { type } = typed.data;
    if (type !== "file") {
      const why = whyUnsupported(type) ?? "Resources of this kind cannot be given to a job here.";
      return fault({ kind: "resource", index, key: null }, why);
    }
    const file = readFile(raw, (key) => ({ kind: "resource", index, key }), "a file");
    if (file.kind === "fault") {
      return file;
    }
    files.push(file.use);
  }
  return { kind: "ok", files };
}
