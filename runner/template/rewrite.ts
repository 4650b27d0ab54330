/**
 * The dialect, brought to an engine that does not know it. In UCloud's templates a text that is printed becomes one
 * quoted word of the shell unless it is marked safe. The engine has no such mode, so every `{{ x }}` becomes a call of
 * a macro that prints in this way; what is safe, the engine itself remembers (it runs in its HTML mode for that, and
 * whatever leaves the macro is marked safe, so that HTML's rules never touch anything).
 *
 * No line is added or removed: the engine's line numbers are those of the template.
 */
import { replaceMacros } from "./macros.ts";
import { type Segment, segmentsOf, textOf } from "./segments.ts";
import { closingIndex, nesting, solidIndex, type Token, tokensIn } from "./tag-tokens.ts";

export const QUOTE_FILTER = "__ucloud_quote";
const PRINT = "__ucloud_print";
const PRINT_PLAIN = "__ucloud_print_plain";

/** Booleans are printed as Python does. Lists and maps become one word: their texts may be a user's. */
const PRELUDE =
  `{% macro ${PRINT}(v) %}{% if v is safe %}{{ v }}{% elif v is boolean %}{{ "True" if v else "False" }}` +
  `{% elif v is number %}{{ v }}{% elif v is defined and v is not none %}{{ v|string|${QUOTE_FILTER}|safe }}` +
  `{% endif %}{% endmacro %}` +
  `{% macro ${PRINT_PLAIN}(v) %}{% if v is boolean %}{{ "True" if v else "False" }}` +
  `{% elif v is defined and v is not none %}{{ v|string|safe }}{% endif %}{% endmacro %}`;

/**
 * What is said behind some filters, because the engine cannot hear it from the filter itself: that the result is shell
 * text already, or that there is none and nothing, not an empty word, shall be printed.
 */
const BEHIND: Readonly<Record<string, string>> = {
  option: "|safe",
  escape: "|safe",
  e: "|safe",
  forceescape: "|safe",
  flag: '|default(""|safe, true)',
};

export function rewriteTemplate(template: string): string {
  const quoting = [true];
  return (
    PRELUDE +
    segmentsOf(template)
      .map((segment) => rewriteSegment(segment, quoting))
      .join("")
  );
}

/** `quoting`: whether it is on, innermost `autoescape` block last. */
function rewriteSegment(segment: Segment, quoting: boolean[]): string {
  switch (segment.kind) {
    case "untouched":
      return segment.text;
    case "plain":
      return replaceMacros(segment.text);
    case "print":
      return rewritePrint(segment, quoting.at(-1) ?? true);
    case "statement":
      return rewriteStatement(segment, quoting);
    default:
      return segment satisfies never;
  }
}

type Tag = Extract<Segment, { body: string }>;

function rewritePrint(tag: Tag, isQuoting: boolean): string {
  if (tag.body.trim() === "") {
    return textOf(tag);
  }
  const printed = rewriteExpression(tokensIn(tag.body));
  return `${tag.open} ${isQuoting ? PRINT : PRINT_PLAIN}((${printed})) ${tag.close}`;
}

function rewriteStatement(tag: Tag, quoting: boolean[]): string {
  const [, name = "", argument = ""] = /^\s*(\w+)\s*(\w*)/.exec(tag.body) ?? [];
  if (name === "autoescape") {
    quoting.push(argument.toLowerCase() !== "false");
  } else if (name === "endautoescape" && quoting.length > 1) {
    quoting.pop();
  }
  const body = rewriteExpression(tokensIn(tag.body));
  // Its content is quoted already where it has to be.
  return `${tag.open}${name === "filter" ? `${body.trimEnd()}|safe ` : body}${tag.close}`;
}

function rewriteExpression(tokens: readonly Token[]): string {
  let written = "";
  let before = "";
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) {
      break;
    }
    const call = token.kind === "name" ? callAt(tokens, index) : null;
    if (token.kind === "name" && before === "|" && Object.hasOwn(BEHIND, token.text)) {
      written += `${token.text}${call === null ? "" : `(${rewriteExpression(call.inside)})`}${BEHIND[token.text]}`;
      index = call?.end ?? index;
    } else if (token.text === "ternary" && before !== "|" && before !== "." && call !== null) {
      written += rewriteTernary(call.inside);
      index = call.end;
    } else {
      written += token.text;
    }
    before = token.kind === "blank" ? before : token.text;
  }
  return written;
}

/** What stands between the brackets behind a name. */
function callAt(tokens: readonly Token[], index: number): { inside: Token[]; end: number } | null {
  const open = solidIndex(tokens, index + 1);
  const end = open !== null && tokens[open]?.text === "(" ? closingIndex(tokens, open) : null;
  return open === null || end === null ? null : { inside: tokens.slice(open + 1, end), end };
}

/** `ternary(condition, a, b)` as an expression of the language: a safe text stays safe, a number what it is. */
function rewriteTernary(inside: readonly Token[]): string {
  const parts = separate(inside).map(rewriteExpression);
  const [condition, whenTrue, whenFalse] = parts;
  if (parts.length !== 3 || parts.some((part) => part.trim() === "")) {
    return `ternary(${parts.join(",")})`;
  }
  return `((${whenTrue}) if (${condition}) else (${whenFalse}))`;
}

function separate(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    depth += nesting(token);
    if (depth === 0 && token.text === ",") {
      parts.push([]);
    } else {
      parts.at(-1)?.push(token);
    }
  }
  return parts;
}
