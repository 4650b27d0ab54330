/** `POST /admin/enrollments`: a code, or which field of the request is wrong. */
import { expect, test } from "vitest";
import { callAsAdmin, expectError } from "../support/gateway.ts";

const HOUR_MS = 3_600_000;
const good = { name: "node-1", categories: ["example-compute"] };
const enrollment = (changes: Record<string, unknown>) => callAsAdmin("/enrollments", { ...good, ...changes });

test("a code is given for an hour, another one each time", async () => {
  const first = await enrollment({});
  expect(first.status).toBe(201);
  const code: unknown = await first.json();
  expect(code).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    code: expect.stringMatching(/^[0-9a-f]{40}$/),
    expiresAt: Date.now() + HOUR_MS,
  });
  expect(await (await enrollment({})).json()).not.toEqual(code);
});

test("a runner may be enrolled for several categories", async () => {
  expect((await enrollment({ categories: ["other-compute", "example-compute", "other-compute"] })).status).toBe(201);
});

const SECRET = "s3cr3t";
const SPKI = `MCowBQYDK2VwAyEA${"A".repeat(43)}=`;
const bad: [Record<string, unknown>, string][] = [
  [{ categories: ["example-compute", SECRET] }, "categories[1]: "],
  [{ categories: [] }, "categories: "],
  [{ categories: "example-compute" }, "categories: This must be a list."],
  [{ categories: undefined }, "categories: This is missing."],
  [{ categories: [1] }, "categories[0]: This must be a text."],
  [{ name: undefined }, "name: This is missing."],
  [{ name: "" }, "name: "],
  [{ name: `../${SECRET}` }, "name: A name has 1 to 64 letters"],
  [{ name: "a".repeat(65) }, "name: "],
  [{ name: `${SECRET}\n` }, "name: "],
  [{ uses: 0 }, "uses: This is too small."],
  [{ uses: 10_001 }, "uses: This is too large."],
  [{ uses: 1.5 }, "uses: This must be a whole number."],
  [{ uses: SECRET }, "uses: This must be a"],
  [{ expiresIn: 0 }, "expiresIn: This is too small."],
  [{ expiresIn: 7_776_001 }, "expiresIn: This is too large."],
  [{ namePattern: "node-*" }, "namePattern: Give a name or a pattern of names, not both."],
  [{ name: undefined, namePattern: SECRET }, "namePattern: A pattern has"],
  [{ name: undefined, namePattern: `${SECRET}[*]` }, "namePattern: A pattern has"],
  [{ name: undefined, namePattern: "*".repeat(65) }, "namePattern: A pattern has"],
  [{ publicKey: SECRET }, "publicKey: This must be an Ed25519 public key"],
  [{ publicKey: `${"A".repeat(43)}=` }, "publicKey: This must be an Ed25519 public key"],
  [{ publicKey: SPKI, uses: 1 }, "uses: This is for codes"],
  [{ publicKey: SPKI, expiresIn: 60 }, "expiresIn: This is for codes"],
  [{ publicKey: SPKI, name: undefined, namePattern: "*" }, "namePattern: This is for codes"],
  [{ publicKey: SPKI, name: undefined }, "name: This is missing."],
  [{ labels: [SECRET] }, "labels: This field is not known here."],
];

test.each(bad)("%j is refused", async (changes, sentence) => {
  const why = await expectError(await enrollment(changes), 400, "BAD_REQUEST");
  expect(why).toContain(sentence);
  expect(why).not.toContain(SECRET);
});

test.each([
  ["no JSON", "{", "not JSON", 400],
  ["an empty body", "", "empty", 400],
  ["a list", "[]", "an object", 400],
  ["a long body", JSON.stringify({ ...good, pad: "x".repeat(16_384) }), "larger", 413],
] as const)("%s is refused", async (_name, body, word, statusCode) => {
  expect(await expectError(await callAsAdmin("/enrollments", body), statusCode)).toContain(word);
});
