/** The provider's access token: asked for when it is needed, and again when UCloud's 403 may be about its age. */
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../../worker/ucloud/client.ts";

const REFRESH = "/auth/providers/refresh";
const SECOND = 1_000;

/** A UCloud that forbids everything, and counts how often a token was asked for. */
function aForbiddingUcloud() {
  const ucloud = { nowMs: 0, refreshed: 0, asked: 0 };
  const client = createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["refresh-token"],
    now: () => ucloud.nowMs,
    fetch: async (url) => {
      if (url.endsWith(REFRESH)) {
        ucloud.refreshed += 1;
        return Response.json({ responses: [{ accessToken: `token-${ucloud.refreshed}` }] });
      }
      ucloud.asked += 1;
      return Response.json({ why: "Forbidden" }, { status: 403 });
    },
  });
  return { ucloud, update: () => client.update([{ id: "1", update: { state: "RUNNING" } }]) };
}

test("the refresh token travels in the body, and nothing proves who asks but it", async () => {
  const asked: { url: string; method: string | undefined; headers: unknown; body: unknown }[] = [];
  const client = createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["refresh-token"],
    now: () => 0,
    fetch: async (url, { method, headers, body }) => {
      asked.push({ url, method, headers, body });
      return Response.json({ responses: [{ accessToken: "token" }] });
    },
  });
  await client.update([{ id: "1", update: { state: "RUNNING" } }]);
  expect(asked[0]).toEqual({
    url: `http://ucloud.invalid${REFRESH}`,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ items: [{ refreshToken: "refresh-token" }] }),
  });
});

test("a fresh token is not asked for again because something is forbidden", async () => {
  const { ucloud, update } = aForbiddingUcloud();
  expect(await update()).toEqual({ kind: "unavailable", status: 403 });
  ucloud.nowMs = 59 * SECOND;
  await update();
  expect(ucloud).toMatchObject({ refreshed: 1, asked: 2 });
});

test("a token of a minute may be too old: the call is made once more with a new one", async () => {
  const { ucloud, update } = aForbiddingUcloud();
  await update();
  ucloud.nowMs = 60 * SECOND;
  await update();
  expect(ucloud).toMatchObject({ refreshed: 2, asked: 3 });
});
