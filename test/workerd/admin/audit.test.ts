/** Who has changed what: a line for each write of an administrator, whatever came of it. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { Registry } from "../../../worker/index.ts";
import { ROLE_TOKENS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { call, callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { createJob } from "../support/job-life.ts";
import { registry } from "../support/registry.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner } from "../support/runner-client.ts";

const listSchema = z.object({ items: z.array(z.looseObject({ verb: z.string() })) });

async function audit(query = ""): Promise<z.infer<typeof listSchema>["items"]> {
  const response = await call(`/admin/audit${query}`, { token: ROLE_TOKENS.read });
  expect(response.status).toBe(200);
  return listSchema.parse(await response.json()).items;
}

test("a write is kept with who, what, why and what came of it, the newest first", async () => {
  const runner = await anEnrolledRunner();
  const at = Date.now();
  const body = { reason: "new\0 disks" };
  await call(`/admin/runners/${runner.id}/drain`, { token: ROLE_TOKENS.operate, body });
  advance(5);
  await evict(registry());

  const drain = { name: "otto", role: "operate", verb: "runners.drain", object: runner.id };
  const enrolment = { name: "admin", role: "owner", verb: "enrollments", object: "node-1", reason: null };
  expect(await audit()).toEqual([
    { at, ...drain, reason: "new disks", outcome: 200 },
    { at, ...enrolment, outcome: 201 },
  ]);
  expect(await audit("?limit=1")).toMatchObject([drain]);
});

const WRITES: [string, object | undefined, string, string, number][] = [
  ["/jobs/54112/cancel", { reason: "x" }, "jobs.cancel", "54112", 200],
  ["/jobs/54112/fail", { reason: "x" }, "jobs.fail", "54112", 200],
  ["/jobs/54112/resend", { reason: "x" }, "jobs.resend", "54112", 409],
  ["/jobs/54112/discard", { reason: "x" }, "jobs.discard", "54112", 409],
  ["/queues/example-compute/pause", { reason: "x" }, "queues.pause", "example-compute", 200],
  ["/queues/example-compute/resume", undefined, "queues.resume", "example-compute", 200],
  ["/queues/example-compute/reconcile", undefined, "queues.reconcile", "example-compute", 200],
  ["/runners/r-1/lost", { reason: "x" }, "runners.lost", "r-1", 404],
  ["/runners/r-1/revoke", { reason: "x" }, "runners.revoke", "r-1", 404],
  ["/runners/r-1/remove", { reason: "x" }, "runners.remove", "r-1", 404],
  ["/runners/r-1/resume", { why: "x" }, "runners.resume", "r-1", 400],
  ["/enrollments", { name: "node-9", categories: ["no-such"] }, "enrollments", "node-9", 400],
  ["/products/register", undefined, "products.register", "", 200],
];

test.each(WRITES)("POST /admin%s %j is one, also if nothing came of it", async (path, body, verb, object, outcome) => {
  await createJob();
  const token = ROLE_TOKENS.owner;

  const response = await call(`/admin${path}`, { method: "POST", token, ...(body === undefined ? {} : { body }) });

  expect(response.status).toBe(outcome);
  const reason = outcome === 400 || body === undefined ? null : "x";
  expect(await audit()).toMatchObject([{ name: "olga", role: "owner", verb, object, reason, outcome }]);
});

test("so is a write that the role does not allow", async () => {
  await expectError(await call("/admin/runners/r-1/lost", { token: ROLE_TOKENS.operate, body: { reason: "x" } }), 403);
  expect(await audit()).toMatchObject([{ name: "otto", verb: "runners.lost", object: "r-1", outcome: 403 }]);
});

test("looking is none, nor is what a stranger tries or what UCloud asks for", async () => {
  for (const path of ["/runners", "/jobs", "/queues", "/undelivered", "/audit"]) {
    await callAsAdmin(path);
  }
  await call("/admin/runners/r-1/lost", { token: "wrong", body: { reason: "x" } });
  await callAsAdmin("/runners/r-1/explode", { reason: "x" });
  await callAsCore("/jobs/terminate", bulk(aJob()));
  expect(await audit()).toEqual([]);
});

test("each is an event in the log too, and an audit that cannot be kept undoes nothing", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(Registry.prototype, "audit").mockRejectedValue(new Error("gone"));
  await createJob();

  const response = await call("/admin/jobs/54112/fail", { token: ROLE_TOKENS.operate, body: { reason: "x" } });

  expect(response.status).toBe(200);
  const events = logged.mock.calls.map(([text]) => JSON.parse(String(text)));
  const write = { name: "otto", role: "operate", verb: "jobs.fail", object: "54112", reason: "x", outcome: 200 };
  expect(events).toContainEqual({ event: "admin.write", ...write });
  expect(events).toContainEqual({ event: "admin.audit_failed", verb: "jobs.fail", error: "Error" });
});

test("the newest thousand are kept", async () => {
  const write = { name: "olga", role: "owner" as const, verb: "jobs.fail", object: "1", reason: null, outcome: 200 };
  await runInDurableObject(registry(), async (instance: Registry) => {
    for (let n = 1; n <= 1_010; n++) {
      await instance.audit({ ...write, object: `${n}` });
    }
  });
  const items = await audit("?limit=1000");
  expect([items.length, items[0]?.object, items.at(-1)?.object]).toEqual([1_000, "1010", "11"]);
  const rows = await runInDurableObject(registry(), (_instance, { storage }) =>
    storage.sql.exec("SELECT COUNT(*) AS n FROM audit").one(),
  );
  expect(rows).toEqual({ n: 1_000 });
});

test.each(["0", "1001", "many", "1.5"])("a limit of %s is none", async (limit) => {
  const response = await call(`/admin/audit?limit=${limit}`, { token: ROLE_TOKENS.read });
  expect(await expectError(response, 400)).toContain("limit");
});
