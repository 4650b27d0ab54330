/**
 * An application's command as its author declared it: the list of elements it is built from, and the parameters it
 * takes. The names are those of UCloud's application catalogue, because its documentation speaks of them.
 *
 * The older UCloud sends only the keys of a variant, today's sends the keys of all variants with zero values. So `type`
 * decides, unknown keys are ignored, and null is the same as missing.
 */
import * as z from "zod/mini";
import { mapped } from "../schema.ts";

/** Reads null and missing as `fallback`. */
export function or<S extends z.ZodMiniType>(schema: S, fallback: z.output<S>) {
  return mapped(z.nullish(schema), (given): z.output<S> => given ?? fallback);
}

/** The kernel ends every argument, variable and path at a NUL: the rest would be lost without a word. */
export const text = z.string().check(z.refine((value) => !value.includes("\0"), "The text contains a NUL character."));

const affix = or(text, "");

export const elementSchema = z.discriminatedUnion("type", [
  /** One argument, as it is. */
  z.object({ type: z.literal("word"), word: text }),
  /** The values of parameters, each between the affixes of a variable and all between the global ones. */
  z.object({
    type: z.literal("var"),
    variableNames: or(z.array(text), []),
    prefixGlobal: affix,
    suffixGlobal: affix,
    prefixVariable: affix,
    suffixVariable: affix,
    isPrefixVariablePartOfArg: or(z.boolean(), false),
    isSuffixVariablePartOfArg: or(z.boolean(), false),
  }),
  /** The name of an environment variable. */
  z.object({ type: z.literal("env"), variable: text }),
  /** One argument, if the boolean parameter is true. */
  z.object({ type: z.literal("bool_flag"), variableName: text, flag: text }),
  /** The whole command, as the template of a shell script. */
  z.object({ type: z.literal("jinja"), template: or(text, "") }),
]);

export type Element = z.infer<typeof elementSchema>;

/** `type` stays open: an optional parameter of a kind that we do not know hurts nobody until it is given. */
export const declarationSchema = z.object({
  type: z.string(),
  name: text,
  optional: or(z.boolean(), false),
  defaultValue: z.optional(z.unknown()),
  min: z.nullish(z.number()),
  max: z.nullish(z.number()),
  trueValue: affix,
  falseValue: affix,
  options: or(z.array(z.object({ name: text, value: text })), []),
});

export type Declaration = z.infer<typeof declarationSchema>;

/** A key of a value, null for all of it. */
export type Key = "type" | "value" | "path" | "mountPath" | null;

/**
 * What a fault is about: a parameter's value, a file or other thing that the user added beside, the file that the job was
 * opened with, an element of the command, an environment variable.
 */
export type Place =
  | { kind: "parameter"; name: string; key: Key }
  | { kind: "resource"; index: number; key: Key }
  | { kind: "opened-file" }
  | { kind: "element"; index: number | null }
  | { kind: "variable"; name: string };

/** `why` is a sentence for the user. It may name parameters and their options, it never quotes a value. */
export type Fault = { kind: "fault"; place: Place; why: string };

export function fault(place: Place, why: string): Fault {
  return { kind: "fault", place, why };
}

/** Where a template is a part of something. */
export const JINJA_FAULT = "A Jinja template has to be the application's whole command; it cannot be a part of one.";
