/** The argument vector of a job: it replaces the image's ENTRYPOINT and CMD and is executed without a shell. */
import { type Element, type Fault, fault, JINJA_FAULT, type Place } from "./model.ts";
import { addToken, overweight, placeOf, type Tally, tooLong } from "./tally.ts";
import { tokensOf } from "./tokens.ts";
import type { Values } from "./values.ts";

const WHOLE: Place = { kind: "element", index: null };

/** At least one argument, of which the first is not empty. */
export function buildArgv(
  invocation: readonly Element[],
  values: Values,
  tally: Tally,
): { kind: "ok"; argv: string[] } | Fault {
  const argv: string[] = [];
  for (const [index, element] of invocation.entries()) {
    const place: Place = { kind: "element", index };
    if (element.type === "jinja") {
      return fault(place, JINJA_FAULT);
    }
    for (const token of tokensOf(element, values)) {
      addToken(tally, token);
      const objection = tooLong(token.text, placeOf(token.parameter, place)) ?? overweight(tally);
      if (objection !== null) {
        return objection;
      }
      argv.push(token.text);
    }
  }
  // The program's name is the first argument; no image can be asked for one without a name.
  return argv[0] ? { kind: "ok", argv } : fault(WHOLE, "The application's command is empty.");
}
