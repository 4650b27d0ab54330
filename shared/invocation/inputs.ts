/** What a command is built from: the values of its parameters, and the files that are mounted for it. */
import type { Mount } from "../plan.ts";
import { type FileUse, filesOfParameters } from "./file-use.ts";
import type { Declaration, Fault, Place } from "./model.ts";
import { mountedPath, mountFiles } from "./mounts.ts";
import { resolveValues, type Values } from "./values.ts";

/** `drives`: each with the value that named it first. */
export type Inputs = { values: Values; mounts: Mount[]; drives: Map<string, Place> };

/** `added`: files that the user gave to the job beside its parameters. */
export function resolveInputs(
  declarations: readonly Declaration[],
  given: Readonly<Record<string, unknown>>,
  added: readonly FileUse[],
): ({ kind: "ok" } & Inputs) | Fault {
  const files = filesOfParameters(declarations, given);
  if (files.kind === "fault") {
    return files;
  }
  const uses = [...files.uses.values(), ...added];
  const mounted = mountFiles(uses);
  if (mounted.kind === "fault") {
    return mounted;
  }
  const { mounts } = mounted;
  const paths = new Map([...files.uses].map(([name, use]) => [name, mountedPath(mounts, use) ?? ""]));
  const resolved = resolveValues(declarations, given, paths);
  if (resolved.kind === "fault") {
    return resolved;
  }
  const drives = new Map(uses.toReversed().map(({ drive, at }) => [drive, at("path")]));
  return { kind: "ok", values: resolved.values, mounts, drives };
}
