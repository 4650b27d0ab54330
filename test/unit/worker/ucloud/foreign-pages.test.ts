/** While UCloud is down a proxy answers in its place, with a page: that is nobody's word about a job or a token. */
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../../worker/ucloud/client.ts";

type Given = { status: number; body: string | null };

const UPDATE = { id: "1", update: { state: "RUNNING" as const } };
const REFRESH = "/auth/providers/refresh";

/** The refresh is answered well; every other call with `given`. */
function clientOf({ status, body }: Given, refresh?: Given) {
  return createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["first", "second"],
    now: () => 0,
    fetch: async (url) => {
      if (!url.endsWith(REFRESH)) {
        return new Response(body, { status });
      }
      return refresh === undefined
        ? Response.json({ responses: [{ accessToken: "token" }] })
        : new Response(refresh.body, { status: refresh.status });
    },
  });
}

const PAGES = ["<html><body>nginx</body></html>", "404 page not found\n", "upstream connect error", "{"];
const STATUSES = [200, 400, 401, 403, 404, 502];
const foreign = STATUSES.flatMap((status) => PAGES.map((body) => ({ status, body })));

test.each(foreign)("$status with $body is no answer to an update", async ({ status, body }) => {
  expect(await clientOf({ status, body }).update([UPDATE])).toEqual({ kind: "unavailable", status });
});

test.each(foreign)("$status with $body says nothing of whether a job exists", async ({ status, body }) => {
  expect(await clientOf({ status, body }).exists(["1"])).toEqual({ kind: "unavailable", status });
  expect(await clientOf({ status, body }).retrieve("1")).toEqual({ kind: "unavailable", status });
});

test.each(foreign)("$status with $body at the refresh is no refusal of the token", async (refresh) => {
  const { status } = refresh;
  const client = clientOf({ status: 200, body: "{}" }, refresh);
  expect(await client.update([UPDATE])).toEqual({ kind: "unavailable", status });
});

const own: [Given, object, object][] = [
  [{ status: 404, body: '{"why":"Not found"}' }, { kind: "rejected", status: 404 }, { kind: "absent" }],
  [{ status: 404, body: null }, { kind: "rejected", status: 404 }, { kind: "absent" }],
  [{ status: 404, body: " \n" }, { kind: "rejected", status: 404 }, { kind: "absent" }],
  [
    { status: 400, body: '"no"' },
    { kind: "rejected", status: 400 },
    { kind: "unavailable", status: 400 },
  ],
  [{ status: 200, body: null }, { kind: "ok" }, { kind: "unavailable", status: 200 }],
];

test.each(own)("%j is UCloud's own word", async (given, update, retrieve) => {
  expect(await clientOf(given).update([UPDATE])).toEqual(update);
  expect(await clientOf(given).retrieve("1")).toEqual(retrieve);
});

test.each(["", '{"why":"Invalid refresh token"}'])("a refusal with %j is UCloud's own", async (body) => {
  for (const status of [401, 403]) {
    const client = clientOf({ status: 200, body: "{}" }, { status, body });
    expect(await client.update([UPDATE])).toEqual({ kind: "refresh-refused" });
  }
});
