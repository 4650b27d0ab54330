/** Files of a job for tables: added beside its parameters, or values of parameters. */
import { resolveInputs } from "../../../../shared/invocation/inputs.ts";
import { readResources } from "../../../../shared/invocation/resources.ts";
import { declaration } from "./declared.ts";

export type File = { path: string; mountPath?: string; readOnly?: boolean } | string;

export function inputsOf(files: File[], parameters: Record<string, File> = {}) {
  const value = (file: File) => ({ type: "file", ...(typeof file === "string" ? { path: file } : file) });
  const added = readResources(files.map(value));
  if (added.kind === "fault") {
    return added;
  }
  const names = Object.keys(parameters);
  const declared = names.map((name) => declaration({ type: "input_file", name }));
  const given = Object.fromEntries(names.map((name) => [name, value(parameters[name] ?? "")]));
  return resolveInputs(declared, given, added.files);
}
