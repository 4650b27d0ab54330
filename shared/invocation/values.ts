/**
 * Which value each declared parameter has: the default first, then what the user gave. What nobody declared is ignored,
 * because UCloud adds parameters of its own to every job.
 *
 * A default of the wrong kind counts as none and is not held against the bounds: it is the author's, and UCloud's own
 * provider behaves the same. A given value of the wrong kind is a fault, because UCloud hardly checks it.
 */
import * as z from "zod/mini";
import { FILE_PARAMETERS } from "./file-use.ts";
import { type Declaration, type Fault, fault } from "./model.ts";
import { plainNumber } from "./number.ts";
import { whyUnsupported } from "./unsupported.ts";

/** `text` is what the command gets; `isTrue` is what a flag asks. */
export type Value = { text: string; isTrue: boolean };
export type Values = ReadonlyMap<string, Value>;

type Scalar = string | number | boolean;
type Kind = { accepts: readonly string[]; noun: string; schema: z.ZodMiniType<Scalar>; zero: Scalar };

const textKind: Kind = { accepts: ["text"], noun: "a text", schema: z.string(), zero: "" };
/** `accepts`: the types of value that fit. Integers stay below 2^53, beyond which JSON has lost digits already. */
const SCALARS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["text", textKind],
  // The older data model has a value type of its own for it.
  ["textarea", { ...textKind, accepts: ["text", "textarea"] }],
  ["enumeration", textKind],
  ["boolean", { accepts: ["boolean"], noun: "true or false", schema: z.boolean(), zero: false }],
  ["integer", { accepts: ["integer"], noun: "a whole number of at most 15 digits", schema: z.int(), zero: 0 }],
  ["floating_point", { accepts: ["floating_point"], noun: "a number", schema: z.number(), zero: 0 }],
]);

const envelopeSchema = z.object({ type: z.string(), value: z.optional(z.unknown()) });
const wrappedSchema = z.object({ value: z.optional(z.unknown()) });

/** `files`: by parameter, where its file is in the container. */
export function resolveValues(
  declarations: readonly Declaration[],
  given: Readonly<Record<string, unknown>>,
  files: ReadonlyMap<string, string>,
): { kind: "ok"; values: Values } | Fault {
  const values = new Map<string, Value>();
  for (const declaration of declarations) {
    const { name } = declaration;
    const raw = Object.hasOwn(given, name) ? (given[name] ?? null) : null;
    const scalar = raw === null ? defaultOf(declaration) : (fileOf(declaration, files) ?? readGiven(declaration, raw));
    if (isFault(scalar)) {
      return scalar;
    }
    if (scalar === null) {
      if (!declaration.optional && declaration.type !== "readme") {
        return missing(declaration);
      }
      continue;
    }
    const text = textOf(declaration, scalar);
    if (text.includes("\0")) {
      return fault({ kind: "parameter", name, key: "value" }, "The text contains a NUL character.");
    }
    values.set(name, { text, isTrue: scalar === true });
  }
  return { kind: "ok", values };
}

/** Another declaration of the same name may be of another kind. */
function fileOf({ name, type }: Declaration, files: ReadonlyMap<string, string>): string | null {
  return FILE_PARAMETERS.has(type) ? (files.get(name) ?? null) : null;
}

function isFault(outcome: Scalar | Fault | null): outcome is Fault {
  return typeof outcome === "object" && outcome !== null;
}

/** A parameter that nobody can give here is not asked for: the sentence says what cannot be done instead. */
function missing({ name, type }: Declaration): Fault {
  const isPossible = SCALARS.has(type) || FILE_PARAMETERS.has(type);
  const why = isPossible ? "The application requires this parameter, and it has no value." : unsupported(type);
  return fault({ kind: "parameter", name, key: null }, why);
}

function unsupported(type: string): string {
  return whyUnsupported(type) ?? "Parameters of this kind cannot be used here.";
}

/** Null: no default, or none that fits. An object without a value stands for the kind's zero, as UCloud reads it. */
function defaultOf({ type, defaultValue }: Declaration): Scalar | null {
  const kind = SCALARS.get(type);
  if (kind === undefined || defaultValue === null || defaultValue === undefined) {
    return null;
  }
  const wrapped = wrappedSchema.safeParse(defaultValue);
  const scalar = kind.schema.safeParse(wrapped.success ? (wrapped.data.value ?? kind.zero) : defaultValue);
  return scalar.success ? scalar.data : null;
}

function readGiven(declaration: Declaration, raw: unknown): Scalar | Fault {
  const { name, type } = declaration;
  const kind = SCALARS.get(type);
  if (kind === undefined) {
    return fault({ kind: "parameter", name, key: null }, unsupported(type));
  }
  const envelope = envelopeSchema.safeParse(raw);
  if (!envelope.success) {
    return fault({ kind: "parameter", name, key: null }, "The value has no type.");
  }
  if (!kind.accepts.includes(envelope.data.type)) {
    return fault({ kind: "parameter", name, key: "type" }, `The parameter takes ${kind.noun}.`);
  }
  const scalar = kind.schema.safeParse(envelope.data.value);
  if (!scalar.success) {
    return fault({ kind: "parameter", name, key: "value" }, `The value must be ${kind.noun}.`);
  }
  const objection = outOfBounds(declaration, scalar.data);
  return objection === null ? scalar.data : fault({ kind: "parameter", name, key: "value" }, objection);
}

/** UCloud leaves bounds and options to the provider. */
function outOfBounds({ type, min, max, options }: Declaration, scalar: Scalar): string | null {
  if (type === "enumeration" && !options.some(({ name, value }) => name === scalar || value === scalar)) {
    const names = options.map(({ name }) => name).join(", ");
    return names === "" ? "The application offers no values to choose from." : `The value must be one of: ${names}.`;
  }
  if (typeof scalar !== "number") {
    return null;
  }
  if (typeof min === "number" && scalar < min) {
    return `The value must be at least ${plainNumber(min)}.`;
  }
  return typeof max === "number" && scalar > max ? `The value must be at most ${plainNumber(max)}.` : null;
}

function textOf({ type, trueValue, falseValue, options }: Declaration, scalar: Scalar): string {
  if (typeof scalar === "boolean") {
    return (scalar ? trueValue : falseValue) || String(scalar);
  }
  if (typeof scalar === "number") {
    return plainNumber(scalar);
  }
  // A name goes first: an application may call one option as another's value.
  return type === "enumeration" ? (options.find(({ name }) => name === scalar)?.value ?? scalar) : scalar;
}
