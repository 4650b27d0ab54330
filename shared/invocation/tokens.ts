/**
 * One element of an invocation becomes any number of tokens; a token is one argument. Nothing is ever split: a prefix
 * with a blank inside stays one argument, and so does a value. Nothing is quoted either, because there is no shell.
 */
import type { Element } from "./model.ts";
import type { Values } from "./values.ts";

/** `parameter` is whose value is in it, null for the application's own words. */
export type Token = { text: string; parameter: string | null };

type ListElement = Exclude<Element, { type: "jinja" }>;
type Variables = Extract<Element, { type: "var" }>;

const own = (text: string): Token => ({ text, parameter: null });

export function tokensOf(element: ListElement, values: Values): Token[] {
  switch (element.type) {
    case "word":
      return [own(element.word)];
    case "env":
      return [own(`$${element.variable}`)];
    case "bool_flag":
      return values.get(element.variableName)?.isTrue ? [own(element.flag.trim())] : [];
    case "var":
      return variableTokens(element, values);
  }
}

/** Without any value there is nothing at all, not even the global affixes. */
function variableTokens(element: Variables, values: Values): Token[] {
  const prefixGlobal = withoutBlanks(element.prefixGlobal);
  const suffixGlobal = withoutBlanks(element.suffixGlobal);
  // Between global affixes the separate affixes of a variable lose any white space at their ends, as UCloud's own
  // provider has it. It trims the values there too; we do not, because they are the user's data.
  const isWrapped = prefixGlobal !== "" || suffixGlobal !== "";
  const separate = (affix: string): Token[] => (affix === "" ? [] : [own(isWrapped ? affix.trim() : affix)]);
  const middle = valueTokens(element, values, separate);
  return middle.length === 0 ? [] : [...separate(prefixGlobal), ...middle, ...separate(suffixGlobal)];
}

/** In the order of `variableNames`, those that have a value; an empty value is an empty argument. */
function valueTokens(element: Variables, values: Values, separate: (affix: string) => Token[]): Token[] {
  const prefix = withoutBlanks(element.prefixVariable);
  const suffix = withoutBlanks(element.suffixVariable);
  const gluedPrefix = element.isPrefixVariablePartOfArg ? prefix : "";
  const gluedSuffix = element.isSuffixVariablePartOfArg ? suffix : "";
  const before = element.isPrefixVariablePartOfArg ? [] : separate(prefix);
  const after = element.isSuffixVariablePartOfArg ? [] : separate(suffix);
  return element.variableNames.flatMap((parameter) => {
    const value = values.get(parameter);
    if (value === undefined) {
      return [];
    }
    return [...before, { text: `${gluedPrefix}${value.text}${gluedSuffix}`, parameter }, ...after];
  });
}

/** Blanks only: a line end or a tab in an affix was meant. */
function withoutBlanks(affix: string): string {
  return affix.replace(/^ +/, "").replace(/(?<! ) +$/, "");
}
