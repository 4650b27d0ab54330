/** What leaves for UCloud is clean, whoever wrote it: a single NUL was seen to end its whole process. */
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../../worker/ucloud/client.ts";

test("a status line and a folder leave without control characters and within their bounds", async () => {
  const bodies: string[] = [];
  const client = createUcloudClient({
    ...{ ucloudUrl: "http://ucloud.invalid", refreshTokens: ["token"], now: () => 0 },
    fetch: async (_, init) => {
      bodies.push(String(init?.body));
      return Response.json({ responses: [{ accessToken: "token" }] });
    },
  });
  const hostile = `/a\0\n${"b".repeat(10_000)}`;

  const update = { state: "RUNNING" as const, status: hostile, outputFolder: hostile };
  expect(await client.update([{ id: "1", update }])).toEqual({ kind: "ok" });

  const sent = JSON.parse(bodies.at(-1) ?? "").items[0].update;
  expect(sent).toEqual({
    state: "RUNNING",
    status: expect.stringMatching(/^\/a b+…$/),
    outputFolder: expect.stringMatching(/^\/a b+…$/),
  });
  expect([sent.status.length, sent.outputFolder.length]).toEqual([400, 4096]);
});
