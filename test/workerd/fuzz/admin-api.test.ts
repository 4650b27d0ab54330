/** An administrator's slip, or a stolen token's owner: refused in a sentence, and never a 5xx. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { hostileText, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { ADMIN_TOKENS } from "../support/bindings.ts";
import { call, callAsAdmin } from "../support/gateway.ts";
import { expectJudged, fuzzing } from "../support/judged.ts";
import { CATEGORY } from "../support/runner-client.ts";

const token = ADMIN_TOKENS[0] ?? null;

test.each([
  ["/enrollments", { name: "node-1", categories: [CATEGORY], cidr: ["192.0.2.0/24"], uses: 60, expiresIn: 86_400 }],
  ["/enrollments", { namePattern: "node-*", categories: [CATEGORY], uses: 60, expiresIn: 86_400 }],
  ["/enrollments", { name: "node-1", categories: [CATEGORY], publicKey: `MCowBQYDK2VwAyEA${"A".repeat(43)}=` }],
  ["/jobs/54112/cancel", { reason: "maintenance" }],
  ["/runners/r-0011223344556677/revoke", { reason: "sold" }],
  [`/queues/${CATEGORY}/reconcile`, {}],
])("POST %s takes spoilt and torn bodies", async (path, sound) => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoilt(sound), torn(sound)), async (body) => {
      await expectJudged(await call(`/admin${path}`, { token, body }));
    }),
    fuzzing(),
  );
  expect((await callAsAdmin("/queues")).status).toBe(200);
});

test("names in paths and queries may be anything", async () => {
  const name = hostileText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 4_000));
  const path = fc.oneof(
    name.map((id) => `/jobs/${id}`),
    name.map((id) => `/runners/${id}/revoke`),
    name.map((category) => `/queues/${category}/reconcile`),
    name.map((id) => `/enrollments/${id}`),
    name.map((silent) => `/runners?silent=${silent}`),
    name.map((file) => `/page.${file}`),
    name.map((query) => `/?${query}`),
    name.map((query) => `/overview?${query}`),
    fc.tuple(name, name).map(([next, limit]) => `/jobs?next=${next}&limit=${limit}`),
    fc.tuple(name, name).map(([key, value]) => `/jobs?next=${CATEGORY}/${value}&${key}=${value}`),
  );
  await fc.assert(
    fc.asyncProperty(path, fc.constantFrom("GET", "POST", "DELETE"), async (path, method) => {
      const body = method === "POST" ? { body: { reason: "why not" } } : {};
      await expectJudged(await call(`/admin${path}`, { token, method, ...body }));
    }),
    fuzzing(0.5),
  );
});

test("no guess of a token is let in, and none of them is told how far off it was", async () => {
  const good = ADMIN_TOKENS[0] ?? "";
  const guess = fc.oneof(
    fc.nat(good.length).map((end) => good.slice(0, end)),
    fc.string({ unit: fc.constantFrom("a", "A", "0", "-", "=", "."), maxLength: 300 }),
    fc.constantFrom(`${good}x`, good.toUpperCase(), ADMIN_TOKENS.join(","), "undefined", "null"),
  );
  const answers = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      guess.filter((text) => !ADMIN_TOKENS.includes(text)),
      async (text) => {
        const response = await call("/admin/queues", { token: text });
        expect(response.status).toBe(401);
        answers.add(await response.text());
      },
    ),
    fuzzing(),
  );
  expect(answers.size).toBe(1);
});
