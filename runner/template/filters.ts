/**
 * Filters that UCloud adds, and those of Jinja that the engine lacks or reads otherwise. What the engine hands over:
 * undefined for none and undefined, numbers without their kind (3.0 is 3), maps as `Map`, named arguments as a `Map` at
 * the end.
 */
import { DialectError } from "./dialect-error.ts";
import { quote } from "./quote.ts";

export type Callback = (...given: unknown[]) => unknown;

export const FILTERS: Readonly<Record<string, Callback>> = {
  flag,
  option,
  escape: (value) => quote(textOf(value)),
  e: (value) => quote(textOf(value)),
  forceescape: (value) => quote(textOf(value)),
  int: toInteger,
  truncate,
  center: (value, ...given) => center(textOf(value), wholeNumber(argument(given, 0, "width"), 80)),
  wordcount: (value) =>
    textOf(value)
      .split(/\s+/)
      .filter((word) => word !== "").length,
  urlencode: (value) => encodeURIComponent(textOf(value)).replaceAll("%2F", "/"),
  format: (value, ...given) => format(textOf(value), given),
};

/** The one text if the value is true, the other if not; nothing at all for an empty one. */
function flag(value: unknown, ...given: unknown[]): string | undefined {
  const [on, off = ""] = given;
  if (given.length > 2 || typeof on !== "string" || typeof off !== "string") {
    throw new DialectError("the filter flag takes one or two texts");
  }
  return (value === true ? on : off) || undefined;
}

/** `--name 'value'`, or one word `'--name=value'` when the name ends in = or no blank is wanted. */
function option(value: unknown, ...given: unknown[]): string {
  const [name, isApart] = given;
  if (given.length < 1 || given.length > 2 || !["boolean", "undefined"].includes(typeof isApart)) {
    throw new DialectError("the filter option takes a name and true or false");
  }
  if (value === undefined || value === null) {
    return "";
  }
  const flagText = textOf(name);
  return (isApart ?? !flagText.endsWith("=")) ? `${flagText} ${quote(textOf(value))}` : quote(flagText + textOf(value));
}

/** As the dialect prints it. */
export function textOf(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  if (value === undefined || value === null) {
    return "";
  }
  return typeof value === "object" ? JSON.stringify(plainOf(value)) : String(value);
}

function plainOf(value: unknown): unknown {
  return value instanceof Map
    ? Object.fromEntries([...value].map(([key, entry]) => [String(key), plainOf(entry)]))
    : Array.isArray(value)
      ? value.map(plainOf)
      : value;
}

/** By place or by name. */
function argument(given: readonly unknown[], place: number, name: string): unknown {
  const named = given.at(-1);
  const byName = named instanceof Map ? named.get(name) : undefined;
  const byPlace = given[place];
  return byName ?? (byPlace instanceof Map ? undefined : byPlace);
}

function wholeNumber(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : otherwise;
}

/** What is no number is 0, or what the template says instead. */
function toInteger(value: unknown, ...given: unknown[]): unknown {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value ?? Number.NaN);
  const whole = Math.trunc(number);
  return Number.isSafeInteger(whole) ? whole + 0 : (argument(given, 0, "default") ?? 0);
}

function truncate(value: unknown, ...given: unknown[]): string {
  const text = textOf(value);
  const length = wholeNumber(argument(given, 0, "length"), 255);
  const killwords = argument(given, 1, "killwords") === true;
  const end = textOf(argument(given, 2, "end") ?? "...");
  const leeway = wholeNumber(argument(given, 3, "leeway"), 0);
  if (text.length <= length + leeway) {
    return text;
  }
  const cut = text.slice(0, Math.max(0, length - end.length));
  return (killwords ? cut : cut.replace(/ [^ ]*$/, "")) + end;
}

function center(text: string, width: number): string {
  const room = Math.max(0, Math.min(width, 10_000) - text.length);
  return " ".repeat(Math.floor(room / 2)) + text + " ".repeat(Math.ceil(room / 2));
}

/** Python's `%`, as far as numbers and texts go. */
function format(pattern: string, given: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(/%(0?)(\d{0,3})(?:\.(\d{1,2}))?([sdifx%])/g, (_, zero, width, precision, kind) => {
    if (kind === "%") {
      return "%";
    }
    if (next >= given.length) {
      throw new DialectError("the filter format has fewer arguments than its text has places");
    }
    const value = given[next++];
    const text = formatted(value, kind, precision === undefined ? 6 : Number(precision));
    return text.padStart(Number(width), zero === "" || kind === "s" ? " " : "0");
  });
}

function formatted(value: unknown, kind: string, precision: number): string {
  if (kind === "s") {
    return textOf(value);
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    throw new DialectError("the filter format has no number for a place that takes one");
  }
  return kind === "f" ? number.toFixed(precision) : Math.trunc(number).toString(kind === "x" ? 16 : 10);
}
