/** Whatever UCloud, or a proxy in its place, answers: nothing throws, nothing is read without end, and no job is lost. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../worker/ucloud/client.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { type Json, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { recordedJob } from "../../support/ucloud-requests.ts";

const REFRESHED: Json = { responses: [{ accessToken: "a.b.c" }] };
const SOUND: Json[] = [
  REFRESHED,
  { responses: [true] },
  { insufficientFunds: [{ id: "1" }] },
  JSON.parse(JSON.stringify(recordedJob())),
  { items: [JSON.parse(JSON.stringify(recordedJob()))], next: null },
  { why: "no" },
];
type Given = { status: number; body: string } | "broken";
const answer: fc.Arbitrary<Given> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("broken" as const) },
  {
    weight: 9,
    arbitrary: fc.record({
      status: fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 403, 404, 429, 500, 502, 599),
      body: fc.oneof(
        fc.constantFrom(...SOUND).map((one) => JSON.stringify(one)),
        fc.oneof(...SOUND.map(spoilt)),
        fc.oneof(...SOUND.map(torn)),
      ),
    }),
  },
);

function clientOf(answers: Given[]) {
  let asked = 0;
  const client = createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["first", "second"],
    now: () => 0,
    fetch: async () => {
      const given = answers[asked++ % answers.length] ?? "broken";
      if (given === "broken") {
        throw new TypeError("fetch failed");
      }
      return new Response(given.body, { status: given.status });
    },
  });
  return { client, asked: () => asked };
}
type Client = ReturnType<typeof clientOf>["client"];

const bill = { owner: { createdBy: "alice", project: null }, scope: "1", usage: 1 };
const charge = { id: "1", chargeId: "1-1", units: 1, periods: 1 };
const CALLS: Record<string, (client: Client) => Promise<{ kind: string }>> = {
  update: (client) => client.update([{ id: "1", update: { state: "RUNNING" } }]),
  exists: (client) => client.exists(["1"]),
  retrieve: (client) => client.retrieve("1"),
  register: (client) => client.register([]),
  reportUsage: (client) => client.reportUsage({ name: "c", provider: "p" }, [bill]),
  charge: (client) => client.charge([charge]),
  checkCredits: (client) => client.checkCredits([charge]),
};

test.each(Object.keys(CALLS))("%s has an answer of ours to every answer of theirs", async (name) => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), async (answers) => {
      const { client, asked } = clientOf(answers);
      const said = await CALLS[name]?.(client);
      expect(said?.kind).toMatch(/^(ok|rejected|absent|unavailable|refresh-refused|answered)$/);
      expect(asked()).toBeLessThan(20);
    }),
    fuzzingOf(process.env, 0.5),
  );
});

test("an answer that never ends is left after a megabyte", async () => {
  let sent = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
  const client = createUcloudClient({
    ...{ ucloudUrl: "http://ucloud.invalid", refreshTokens: ["first"], now: () => 0 },
    fetch: async (url) => (url.endsWith("/refresh") ? Response.json(REFRESHED) : new Response(endless())),
  });
  expect(await client.update([{ id: "1", update: { state: "RUNNING" } }])).toEqual({
    kind: "unavailable",
    status: 200,
  });
  expect(sent).toBeLessThan(3 * 1024 * 1024);
});
