/** The calls of accounting as UCloud reads them, and which of its answers are a word about funds. */
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../../worker/ucloud/client.ts";

type Asked = { path: string; body: unknown };

function clientOf(status: number, body: unknown, asked: Asked[] = []) {
  return createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["only"],
    now: () => 0,
    fetch: async (url, { body: sent }) => {
      if (url.endsWith("/auth/providers/refresh")) {
        return Response.json({ responses: [{ accessToken: "token" }] });
      }
      asked.push({ path: new URL(url).pathname, body: JSON.parse(String(sent)) });
      return typeof body === "string" ? new Response(body, { status }) : Response.json(body, { status });
    },
  });
}

const CATEGORY = { name: "example-compute", provider: "example" };
const USER = { owner: { createdBy: "alice", project: null }, scope: "job-1", usage: 120 };
const PROJECT = { owner: { createdBy: "bob", project: "p-1" }, scope: "job-2", usage: 7 };
const CHARGE = { id: "1", chargeId: "1-abc-0", units: 4, periods: 10 };

test("use is the whole of its scope, and the owner has its right type", async () => {
  const asked: Asked[] = [];
  const answer = await clientOf(200, { responses: [true, false] }, asked).reportUsage(CATEGORY, [USER, PROJECT]);

  expect(answer).toEqual({ kind: "ok", funded: [true, false] });
  expect(asked).toEqual([
    {
      path: "/api/accounting/v2/reportUsage",
      body: {
        items: [
          {
            isDeltaCharge: false,
            owner: { type: "user", username: "alice", projectId: "" },
            categoryIdV2: CATEGORY,
            usage: 120,
            description: { scope: "job-1", description: null },
          },
          {
            isDeltaCharge: false,
            owner: { type: "project", username: "", projectId: "p-1" },
            categoryIdV2: CATEGORY,
            usage: 7,
            description: { scope: "job-2", description: null },
          },
        ],
      },
    },
  ]);
});

test.each(["charge", "checkCredits"] as const)("%s names the jobs without funds", async (call) => {
  const asked: Asked[] = [];
  const body = { insufficientFunds: [{ id: "2" }], duplicateCharges: [] };
  const answer = await clientOf(200, body, asked)[call]([CHARGE, { ...CHARGE, id: "2" }]);

  expect(answer).toEqual({ kind: "ok", funded: [true, false] });
  const path = call === "charge" ? "/api/jobs/control/chargeCredits" : "/api/jobs/control/checkCredits";
  expect(asked).toMatchObject([
    { path, body: { items: [{ ...CHARGE, performedBy: null, description: null }, { id: "2" }] } },
  ]);
});

test("an answer to charges without lists names nobody", async () => {
  expect(await clientOf(200, { insufficientFunds: null }).charge([CHARGE])).toEqual({ kind: "ok", funded: [true] });
});

test.each([
  [400, {}, "rejected"],
  [403, { why: "This user/project does not exist" }, "rejected"],
  [404, {}, "rejected"],
  [403, "<html>", "unavailable"],
  [500, {}, "unavailable"],
  [200, {}, "unavailable"],
  [200, { responses: [] }, "unavailable"],
  [200, { responses: ["yes"] }, "unavailable"],
])("%i with %j is %s", async (status, body, kind) => {
  expect(await clientOf(status, body).reportUsage(CATEGORY, [USER])).toEqual({ kind, status });
});
