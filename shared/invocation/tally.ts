/**
 * Counts what a plan grows to while it is built: one long value named a thousand times is small in a request and huge
 * in a command. It also remembers which parameter weighs most, because that is the one the user can shorten.
 */
import { MAX_ARGUMENT_BYTES, MAX_PLAN_BYTES } from "../plan.ts";
import { utf8Length } from "../text.ts";
import { type Fault, fault, type Place } from "./model.ts";
import type { Token } from "./tokens.ts";

export type Tally = { bytes: number; readonly byParameter: Map<string, number> };

/** Quotes and comma of a JSON string: empty arguments weigh something too. */
const TOKEN_OVERHEAD_BYTES = 3;

export function newTally(): Tally {
  return { bytes: 0, byParameter: new Map() };
}

export function addToken(tally: Tally, { text, parameter }: Token): void {
  const bytes = utf8Length(text) + TOKEN_OVERHEAD_BYTES;
  tally.bytes += bytes;
  if (parameter !== null) {
    tally.byParameter.set(parameter, (tally.byParameter.get(parameter) ?? 0) + bytes);
  }
}

/** Null while there is room. */
export function overweight(tally: Tally): Fault | null {
  return tally.bytes > MAX_PLAN_BYTES ? planTooLarge(tally) : null;
}

export function planTooLarge(tally: Tally): Fault {
  const why = `The job's command and environment are too large: at most ${MAX_PLAN_BYTES} bytes together.`;
  return fault(heaviest(tally) ?? { kind: "element", index: null }, why);
}

/** One argument, or one variable with its name: null, or a fault that names the parameter if a value is in it. */
export function tooLong(text: string, place: Place): Fault | null {
  // A string of n units has at most 3 n bytes: most texts need no count.
  if (text.length * 3 <= MAX_ARGUMENT_BYTES || utf8Length(text) <= MAX_ARGUMENT_BYTES) {
    return null;
  }
  return fault(place, `The text is too long: an argument or variable has at most ${MAX_ARGUMENT_BYTES} bytes.`);
}

export function placeOf(parameter: string | null, otherwise: Place): Place {
  return parameter === null ? otherwise : { kind: "parameter", name: parameter, key: "value" };
}

function heaviest({ byParameter }: Tally): Place | null {
  const [first] = [...byParameter].sort(([, a], [, b]) => b - a);
  return first === undefined ? null : { kind: "parameter", name: first[0], key: "value" };
}
