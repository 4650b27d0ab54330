/** What nobody sends by accident: a small corpus of texts and values, and ways to put them into well-formed ones. */
import fc from "fast-check";

/** Stands in every hostile text, so that an answer which quotes one is found. */
export const MARK = "hunter2";

const TEXTS = [
  "",
  " ",
  "\0",
  MARK,
  `${MARK}\r\nX-Injected: 1`,
  `../../../${MARK}`,
  `%2e%2e%2f${MARK}`,
  `/etc/${MARK}`,
  `'; DROP TABLE job; -- ${MARK}`,
  `{{ ${MARK} }}{% include '/etc/passwd' %}`,
  `$(${MARK})\`${MARK}\`;|&`,
  `<script>${MARK}</script>`,
  `\ud800${MARK}\udc00\ud800`,
  `\u202e${MARK}\u0007\u001b[2J`,
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "NaN",
  "-1",
  "1e400",
  "null",
  MARK.repeat(3_000),
  "😀".repeat(200),
];
const NUMBERS = [0, -1, 0.5, 255, 256, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e21, 1e308, -1e308, 5e-324];
const KEYS = ["__proto__", "constructor", "toString", "length", "then", "type", "items", "", "a.b", "\0", "é"];

/** Written as text only: deeper than anything that walks by recursion can follow, and larger than any number. */
const RAW: Record<string, string> = {
  "@deep-list@": `${"[".repeat(60_000)}${"]".repeat(60_000)}`,
  "@deep-object@": `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`,
  "@infinite@": "1e999",
  "@doubled@": '{"type":"text","type":"file","value":1,"value":null}',
};

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);

const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom<Json>(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom<Json>(null, true, false) },
  { weight: 1, arbitrary: fc.constantFrom<Json>(...Object.keys(RAW)) },
);
const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 }));

export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.tuple(key, scalar), { maxLength: 4 }).map(ownProperties) },
  { weight: 1, arbitrary: fc.constantFrom<Json>([], {}, [[]], [{}], [null], new Array(2_000).fill(null)) },
);

/** `__proto__` is a key like any other here. */
function ownProperties(entries: [string, Json][]): Json {
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);
}

type Change = { at: number; how: "replace" | "remove" | "wrap" | "add"; key: string; value: Json };
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "replace", "replace", "remove", "wrap", "add"),
  key,
  value: hostileValue,
});

/** `sound` as text, with up to three of its values exchanged, removed, wrapped or joined by others. */
export function spoilt(sound: Json): fc.Arbitrary<string> {
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => written(changes.reduce(spoil, sound)));
}

/** Text of JSON in which something was cut out, repeated or put in. */
export function torn(sound: Json): fc.Arbitrary<string> {
  const text = JSON.stringify(sound);
  const place = fc.nat(text.length);
  return fc.oneof(
    place.map((end) => text.slice(0, end)),
    fc.tuple(place, place).map(([a, b]) => text.slice(0, a) + text.slice(b)),
    fc.tuple(place, hostileText).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at)),
    fc.constantFrom("", " ", "{", "null", "[]", '"x"', "1e999", "\ufeff{}", "{}{}", ...Object.values(RAW)),
    hostileValue.map(written),
  );
}

/** As JSON, the corpus of what only text can say included. */
export function written(value: Json): string {
  return Object.entries(RAW).reduce(
    (text, [name, raw]) => text.replaceAll(JSON.stringify(name), () => raw),
    JSON.stringify(value),
  );
}

function spoil(sound: Json, { at, how, key: name, value }: Change): Json {
  const places = placesIn(sound);
  const path = places[at % places.length] ?? [];
  return changed(sound, path, (old) => {
    switch (how) {
      case "replace":
        return value;
      case "remove":
        return undefined;
      case "wrap":
        return [old];
      case "add":
        return typeof old === "object" && old !== null && !Array.isArray(old) ? { ...old, [name]: value } : value;
    }
  });
}

function placesIn(value: Json, path: string[] = []): string[][] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([name, part]) => placesIn(part, [...path, name]))];
}

function changed(value: Json, [step, ...rest]: string[], change: (old: Json) => Json | undefined): Json {
  if (step === undefined) {
    return change(value) ?? null;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).flatMap(([name, part]): [string, Json][] => {
    const isLast = rest.length === 0 && name === step;
    const next = isLast ? change(part) : name === step ? changed(part, rest, change) : part;
    return next === undefined ? [] : [[name, next]];
  });
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}
