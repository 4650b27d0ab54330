/**
 * The environment of a job: the application's variables over those that the provider makes.
 *
 * A variable's tokens are joined by one blank; without any value it is empty, not absent. An `env` element stands for
 * another variable of the same environment, in whatever order they were written. A name that is not among them keeps
 * its `$NAME`: what the image sets is not known here.
 */
import { type Element, type Fault, fault, type Place } from "./model.ts";
import { addToken, overweight, placeOf, type Tally, tooLong } from "./tally.ts";
import { type Token, tokensOf } from "./tokens.ts";
import type { Values } from "./values.ts";

type Variable = { kind: "set"; tokens: Token[] } | { kind: "reference"; to: string };

export function buildEnvironment(
  declared: Readonly<Record<string, Element>>,
  provided: Readonly<Record<string, string>>,
  values: Values,
  tally: Tally,
): { kind: "ok"; environment: Record<string, string> } | Fault {
  const variables = new Map<string, Variable>(
    Object.entries(provided).map(([name, text]) => [name, { kind: "set", tokens: [{ text, parameter: null }] }]),
  );
  for (const [name, element] of Object.entries(declared)) {
    const variable = read(name, element, values);
    if (variable.kind === "fault") {
      return variable;
    }
    variables.set(name, variable);
  }
  const environment: [string, string][] = [];
  for (const name of variables.keys()) {
    const tokens = follow(name, variables);
    if (tokens === null) {
      return fault({ kind: "variable", name }, "The variable refers to itself.");
    }
    const objection = weigh(name, tokens, tally);
    if (objection !== null) {
      return objection;
    }
    environment.push([name, joined(tokens)]);
  }
  return { kind: "ok", environment: Object.fromEntries(environment) };
}

function read(name: string, element: Element, values: Values): Variable | Fault {
  const place: Place = { kind: "variable", name };
  // The kernel's form is NAME=value, ended by a NUL.
  if (name === "" || /[=\0]/.test(name)) {
    return fault(place, "A variable's name is not empty and contains neither = nor NUL.");
  }
  if (element.type === "jinja") {
    return fault(place, "A variable cannot be made by a Jinja template.");
  }
  return element.type === "env"
    ? { kind: "reference", to: element.variable }
    : { kind: "set", tokens: tokensOf(element, values) };
}

/** Null: a circle. What was followed is remembered, so that a long chain costs its length once. */
function follow(start: string, variables: Map<string, Variable>): Token[] | null {
  const path = new Set<string>();
  let name = start;
  let tokens: Token[] | null = null;
  while (tokens === null) {
    const variable = variables.get(name);
    if (path.has(name)) {
      return null;
    }
    if (variable?.kind === "reference") {
      path.add(name);
      name = variable.to;
      continue;
    }
    tokens = variable?.tokens ?? [{ text: `$${name}`, parameter: null }];
  }
  for (const passed of path) {
    variables.set(passed, { kind: "set", tokens });
  }
  return tokens;
}

function weigh(name: string, tokens: readonly Token[], tally: Tally): Fault | null {
  addToken(tally, { text: name, parameter: null });
  let longest: Token | null = null;
  for (const token of tokens) {
    addToken(tally, token);
    const objection = overweight(tally);
    if (objection !== null) {
      return objection;
    }
    longest = longest === null || token.text.length > longest.text.length ? token : longest;
  }
  return tooLong(`${name}=${joined(tokens)}`, placeOf(longest?.parameter ?? null, { kind: "variable", name }));
}

function joined(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join(" ");
}
