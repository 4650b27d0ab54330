/** UCloud's list of open jobs as it is asked for and read. */
import { expect, test } from "vitest";
import { createUcloudClient } from "../../../../worker/ucloud/client.ts";

function clientOf(answers: (query: URLSearchParams) => Response, asked: URLSearchParams[] = []) {
  return createUcloudClient({
    ucloudUrl: "http://ucloud.invalid",
    refreshTokens: ["only"],
    now: () => 0,
    fetch: async (url) => {
      if (url.endsWith("/auth/providers/refresh")) {
        return Response.json({ responses: [{ accessToken: "token" }] });
      }
      const { searchParams } = new URL(url);
      asked.push(searchParams);
      return answers(searchParams);
    },
  });
}

const ASKED = { category: "example-compute", state: "RUNNING", next: null } as const;
const JOB = {
  id: "7",
  createdAt: 5,
  owner: { createdBy: "alice", project: "" },
  specification: {
    product: { id: "small", category: "example-compute", provider: "example" },
    timeAllocation: { hours: 1, minutes: 30, seconds: null },
  },
  status: { state: "RUNNING", startedAt: 9 },
  updates: [],
};

test("a page is asked for by category and state, and its jobs are read", async () => {
  const asked: URLSearchParams[] = [];
  const client = clientOf(() => Response.json({ items: [JOB], itemsPerPage: 100, next: "7" }), asked);

  expect(await client.browseOpen({ ...ASKED, next: "12" })).toEqual({
    kind: "ok",
    jobs: [
      {
        ...{ id: "7", createdAt: 5, owner: { createdBy: "alice", project: null }, state: "RUNNING", startedAt: 9 },
        ...{ product: { id: "small", category: "example-compute" }, wallMs: 5_400_000 },
      },
    ],
    next: "7",
  });
  expect(Object.fromEntries(asked[0] ?? [])).toEqual({
    ...{ itemsPerPage: "100", next: "12" },
    ...{ filterProductCategory: "example-compute", filterState: "RUNNING" },
  });
});

test("a job without time, start or state is one all the same", async () => {
  const bare = { ...JOB, specification: { product: JOB.specification.product, timeAllocation: null }, status: null };
  const answer = await clientOf(() => Response.json({ items: [bare], next: null })).browseOpen(ASKED);

  expect(answer).toMatchObject({ kind: "ok", next: null, jobs: [{ state: null, startedAt: null, wallMs: null }] });
});

test("an empty page has no jobs, also where the list is null", async () => {
  const client = clientOf(() => Response.json({ items: null, itemsPerPage: 100, next: null }));

  expect(await client.browseOpen(ASKED)).toEqual({ kind: "ok", jobs: [], next: null });
});

test("a page that is too long to be read is asked for in smaller ones", async () => {
  const isLong = (query: URLSearchParams) => query.get("itemsPerPage") === "100";
  const client = clientOf((query) =>
    isLong(query) ? Response.json({ pad: "x".repeat(2 ** 21) }) : Response.json({ items: [JOB], next: null }),
  );

  expect(await client.browseOpen(ASKED)).toMatchObject({ kind: "ok", jobs: [{ id: "7" }] });
});

test.each([
  [500, {}],
  [403, {}],
  [200, { items: [{ id: 7 }] }],
])("%i with %j is no list", async (status, body) => {
  const client = clientOf(() => Response.json(body, { status }));

  expect(await client.browseOpen(ASKED)).toEqual({ kind: "unavailable", status });
});

test("several ids are not looked up one by one where the older version has no call for them", async () => {
  const client = clientOf(() => new Response(null, { status: 404 }));

  expect(await client.exists(["1", "2"])).toEqual({ kind: "unavailable", status: 404 });
  expect(await client.exists(["1"])).toEqual({ kind: "ok", exists: [false] });
});
