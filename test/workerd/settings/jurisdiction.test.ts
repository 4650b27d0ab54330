/** Where the data lies is decided once: under another jurisdiction the same names are other, empty objects. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { placed } from "../../../worker/queue/stub.ts";
import { agree } from "../../../worker/registry/jurisdiction.ts";
import { ADMIN_TOKENS } from "../support/bindings.ts";
import { coreToken } from "../support/core-tokens.ts";
import { call, callWith, expectError } from "../support/gateway.ts";

/** Objects without jurisdiction that remember the first value they hear. */
function aNamespace() {
  const known = new Map<string, string>();
  const names: string[] = [];
  return {
    names,
    getByName(name: string) {
      names.push(name);
      return {
        jurisdictionInUse: async (wanted: string) => {
          known.set(name, known.get(name) ?? wanted);
          return known.get(name) ?? "";
        },
      };
    },
  };
}

test("the value that is used first stays, any other is answered 503", async () => {
  const namespace = aNamespace();
  await agree(namespace, "eu");
  await agree(namespace, "eu");
  const refusal = await agree(namespace, "none").catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "unavailable", why: expect.stringContaining("made with eu") });
  await agree(namespace, "eu");
  expect(new Set(namespace.names)).toEqual(new Set(["jurisdiction"]));
});

test("the object that remembers it keeps its first value", async () => {
  const place = env.REGISTRY.getByName("jurisdiction");
  expect(await place.jurisdictionInUse("none")).toBe("none");
  expect(await place.jurisdictionInUse("eu")).toBe("none");
  const rows = await runInDurableObject(place, (_instance, { storage }) =>
    storage.sql.exec("SELECT name, value FROM setting").toArray(),
  );
  expect(rows).toEqual([{ name: "jurisdiction", value: "none" }]);
});

test("a changed value stops every call that touches data, and no other", async () => {
  const admin = ADMIN_TOKENS[0] ?? null;
  await env.REGISTRY.getByName("jurisdiction").jurisdictionInUse("none");
  await call("/admin/queues", { token: admin });
  const changed = { DATA_JURISDICTION: "eu" };
  const core = await coreToken();
  const touching = [
    await callWith(changed, "/admin/queues", { token: admin }),
    await callWith(changed, "/ucloud/ucloud/jobs", { token: core, body: {} }),
    await callWith(changed, "/ucloud/ucloud/jobs/terminate", { token: core, body: {} }),
    await callWith(changed, "/runner/v1/enroll", { body: {} }),
    await callWith(changed, "/runner/v1/connect"),
  ];
  for (const response of touching) {
    const why = await expectError(response, 503, "UNAVAILABLE");
    expect(why).toContain("DATA_JURISDICTION is eu");
  }
  expect((await callWith(changed, "/ucloud/ucloud/jobs/retrieveProducts", { token: core })).status).toBe(200);
  expect((await call("/admin/queues", { token: admin })).status).toBe(200);
});

test("objects are placed under the jurisdiction that is set", () => {
  const european = { jurisdiction: () => european, name: "eu" };
  const anywhere = { jurisdiction: () => european, name: "anywhere" };
  expect(placed(anywhere, "eu")).toBe(european);
  expect(placed(anywhere, null)).toBe(anywhere);
});

test("a platform without jurisdictions keeps its data where it is", () => {
  const local = {
    jurisdiction: () => {
      throw new Error("there are none here");
    },
  };
  expect(placed(local, "eu")).toBe(local);
  const stub = placed(env.JOB_QUEUE, "eu").getByName("example-compute");
  expect(stub.name).toBe("example-compute");
});
