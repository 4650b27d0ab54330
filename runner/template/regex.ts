/**
 * Patterns as UCloud's templates write them (RE2, the syntax of Go), turned into the same of JavaScript. What RE2 does
 * not have is refused here too: a template must mean the same at every provider. The work of a pattern is bounded by
 * the deadline of the whole rendering only.
 */
import { DialectError } from "./dialect-error.ts";

export type PatternOptions = { ignoreCase: boolean; multiline: boolean; whole: boolean };

/** Flags of the whole pattern; those of a part of it would need more than JavaScript has everywhere. */
const FLAGS = /^\(\?([ims]+)\)/;
const CLASS_NAMES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const BLANKS = "\\t\\n\\f\\r ";

/** One element of a pattern outside of brackets, longest first. */
const OUTSIDE =
  /\\Q(?<literal>.*?)(?:\\E|$)|\\x\{(?<code>[0-9A-Fa-f]{1,6})\}|\\(?<property>[pP](?:[A-Z]|\{\w+\}))|\\(?<escaped>.)|(?<brackets>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\\\]])*\])|\(\?P?<(?<group>[A-Za-z]\w*)>|(?<plain>\(\?:)|(?<special>\(\?)|(?<repeat>\{\d+(?:,\d*)?\})|(?<lone>[{}\]])|(?<dot>\.)|(?<rest>.)/gsu;
const INSIDE =
  /\[:(?<name>\^?[a-z]+):\]|\\x\{(?<code>[0-9A-Fa-f]{1,6})\}|\\(?<property>[pP](?:[A-Z]|\{\w+\}))|\\(?<escaped>.)|(?<rest>.)/gsu;

export function toRegExp(pattern: string, { ignoreCase, multiline, whole }: PatternOptions): RegExp {
  const [prefix = "", own = ""] = FLAGS.exec(pattern) ?? [];
  const isDotAll = own.includes("s");
  const translated = pattern.slice(prefix.length).replace(OUTSIDE, (...given) => outside(groupsOf(given), isDotAll));
  const flags = [ignoreCase || own.includes("i") ? "i" : "", multiline || own.includes("m") ? "m" : "", "u"].join("");
  try {
    return new RegExp(whole ? `^(?:${translated})$` : translated, flags);
  } catch {
    throw invalid();
  }
}

type Groups = Record<string, string | undefined>;

function groupsOf(given: unknown[]): Groups {
  const groups: unknown = given.at(-1);
  return typeof groups === "object" && groups !== null ? { ...groups } : {};
}

function outside(found: Groups, isDotAll: boolean): string {
  const { literal, brackets, group, special, lone, dot } = found;
  if (literal !== undefined) {
    return literal.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&");
  }
  if (brackets !== undefined) {
    return inBrackets(brackets);
  }
  if (group !== undefined) {
    return `(?<${group}>`;
  }
  if (special !== undefined) {
    throw invalid();
  }
  if (lone !== undefined) {
    return `\\${lone}`;
  }
  if (dot !== undefined) {
    return isDotAll ? "[^]" : "[^\\n]";
  }
  return escapeOf(found, false) ?? found.plain ?? found.repeat ?? found.rest ?? "";
}

function inBrackets(brackets: string): string {
  const [start = "", first = ""] = /^\[\^?(\]?)/.exec(brackets) ?? [];
  const inner = brackets.slice(start.length, -1).replace(INSIDE, (...given) => {
    const found = groupsOf(given);
    if (found.name !== undefined) {
      const named = CLASS_NAMES[found.name];
      if (named === undefined) {
        throw invalid();
      }
      return named;
    }
    return escapeOf(found, true) ?? (found.rest === "[" ? "\\[" : (found.rest ?? ""));
  });
  return `${start.slice(0, start.length - first.length)}${first === "" ? "" : "\\]"}${inner}]`;
}

/** Null: it is no escape. */
function escapeOf({ code, property, escaped }: Groups, isInside: boolean): string | null {
  if (code !== undefined) {
    return `\\u{${code}}`;
  }
  if (property !== undefined) {
    const name = property.replace(/^.\{?|\}$/g, "");
    return `\\${property[0]}{${name.length > 2 ? "Script=" : ""}${name}}`;
  }
  if (escaped === undefined) {
    return null;
  }
  if (escaped === "s" || (escaped === "S" && !isInside)) {
    return isInside ? BLANKS : `[${escaped === "S" ? "^" : ""}${BLANKS}]`;
  }
  if (/[A-Za-z0-9]/.test(escaped)) {
    return letterEscape(escaped, isInside);
  }
  // A sign that means nothing may be escaped all the same.
  return /[$()*+./?[\\\]^{|}]/.test(escaped) || (isInside && escaped === "-") ? `\\${escaped}` : escaped;
}

function letterEscape(letter: string, isInside: boolean): string {
  if ("dDwWfnrtvxS".includes(letter) || (!isInside && "bB".includes(letter))) {
    return `\\${letter}`;
  }
  if (letter === "a") {
    return "\\x07";
  }
  if (!isInside && (letter === "A" || letter === "z")) {
    return letter === "A" ? "(?<![^])" : "(?![^])";
  }
  // Among them references to groups, which RE2 does not have.
  throw invalid();
}

function invalid(): DialectError {
  return new DialectError("a pattern of match or search is not valid");
}
