/**
 * A refusal names the field in UCloud's own terms and says in one sentence what is wrong with it. The user reads it, so
 * it never quotes what was given there: that may be personal.
 */
import type * as z from "zod/mini";
import { cleanText } from "../../shared/text.ts";

/** `field` is a path below one item, such as `specification.timeAllocation`; empty for the item itself. */
export type Refusal = { kind: "refused"; field: string; why: string };

const MAX_FIELD_CHARS = 200;

export function refuse(field: string, why: string): Refusal {
  return { kind: "refused", field: cleanText(field, MAX_FIELD_CHARS), why: cleanText(why) };
}

/** The first thing that does not fit; the sentences are ours, or those that a schema carries. */
export function parseOrRefuse<T>(schema: z.ZodMiniType<T>, given: unknown): { kind: "ok"; data: T } | Refusal {
  const parsed = schema.safeParse(given, { error: sentence });
  if (parsed.success) {
    return { kind: "ok", data: parsed.data };
  }
  const issue = parsed.error.issues[0];
  return refuse(fieldOf(pathOf(issue)), issue?.message ?? "This cannot be read.");
}

/** Of a field that nobody knows the schema gives only the place where it stands. */
function pathOf(issue: z.core.$ZodIssue | undefined): readonly PropertyKey[] {
  return issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

const NOUNS: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function sentence(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined || issue.input === null
        ? "This is missing."
        : `This must be ${NOUNS[issue.expected] ?? "of another type"}.`;
    case "too_small":
      return issue.origin === "string" ? "This is empty." : "This is too small.";
    case "too_big":
      return issue.origin === "string" ? `This is longer than ${issue.maximum} characters.` : "This is too large.";
    case "unrecognized_keys":
      return "This field is not known here.";
    case "invalid_union":
      return "This kind is not known here.";
    default:
      return "This cannot be read.";
  }
}
