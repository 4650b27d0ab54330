/**
 * A template cut into what is printed as it is and its tags. Joined again the segments are the template, character by
 * character. Whatever has no end is left as it is: the engine finds the mistake and its line.
 */
import { nesting, tokenAt } from "./tag-tokens.ts";

export type Segment =
  | { kind: "plain"; text: string }
  /** A comment, or a raw block from its first tag to its last. */
  | { kind: "untouched"; text: string }
  /** `open` and `close` hold the signs for white space: `{{-`, `+%}`. */
  | { kind: "print" | "statement"; open: string; body: string; close: string };

const OPENING = /\{[{%#]/g;
const SIGNED_OPENING = /\{[{%][-+]?/y;
const RAW = /\{%[-+]?\s*raw\s*[-+]?%\}/y;
const END_OF_RAW = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;

export function segmentsOf(template: string): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  while (position < template.length) {
    OPENING.lastIndex = position;
    const start = OPENING.exec(template)?.index ?? template.length;
    if (start > position) {
      segments.push({ kind: "plain", text: template.slice(position, start) });
    }
    if (start === template.length) {
      break;
    }
    const segment = tagAt(template, start);
    segments.push(segment);
    position = start + textOf(segment).length;
  }
  return segments;
}

export function textOf(segment: Segment): string {
  return "body" in segment ? segment.open + segment.body + segment.close : segment.text;
}

function tagAt(template: string, start: number): Segment {
  const upTo = (end: number): Segment => ({ kind: "untouched", text: template.slice(start, end) });
  if (template[start + 1] === "#") {
    const end = template.indexOf("#}", start + 2);
    return upTo(end < 0 ? template.length : end + 2);
  }
  RAW.lastIndex = start;
  const raw = RAW.exec(template);
  if (raw !== null) {
    END_OF_RAW.lastIndex = start + raw[0].length;
    const end = END_OF_RAW.exec(template);
    return upTo(end === null ? template.length : end.index + end[0].length);
  }
  SIGNED_OPENING.lastIndex = start;
  const open = SIGNED_OPENING.exec(template)?.[0] ?? "";
  const kind = template[start + 1] === "{" ? "print" : "statement";
  const end = bodyEnd(template, start + open.length, kind);
  if (end === null) {
    return upTo(template.length);
  }
  const signed = "-+".includes(template[end - 1] ?? " ") && end > start + open.length;
  const bodyStop = signed ? end - 1 : end;
  const body = template.slice(start + open.length, bodyStop);
  return { kind, open, body, close: template.slice(bodyStop, end + 2) };
}

/** Where the closing braces stand; those of a map inside a tag do not close it. */
function bodyEnd(template: string, from: number, kind: "print" | "statement"): number | null {
  let depth = 0;
  let position = from;
  for (let token = tokenAt(template, from); token !== null; token = tokenAt(template, position)) {
    if (kind === "print" ? depth === 0 && template.startsWith("}}", position) : template.startsWith("%}", position)) {
      return position;
    }
    depth = Math.max(0, depth + nesting(token));
    position += token.text.length;
  }
  return null;
}
