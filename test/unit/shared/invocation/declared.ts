/** An application's command as its author writes it, for tables: parsed as UCloud's JSON would be. */
import {
  type Declaration,
  declarationSchema,
  type Element,
  elementSchema,
} from "../../../../shared/invocation/model.ts";
import type { Values } from "../../../../shared/invocation/values.ts";

export function element(json: Record<string, unknown>): Element {
  return elementSchema.parse(json);
}

export function declaration(json: Record<string, unknown>): Declaration {
  return declarationSchema.parse(json);
}

/** Texts as they are; true and false as a boolean parameter without words of its own prints them. */
export function values(given: Record<string, string | boolean>): Values {
  return new Map(Object.entries(given).map(([name, value]) => [name, { text: String(value), isTrue: value === true }]));
}
