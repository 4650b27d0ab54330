/** The operator's page as the Worker serves it, and the overview that it asks for again and again. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import type { AdminOverview } from "../../../worker/admin/answers.ts";
import { JobQueue } from "../../../worker/index.ts";
import { ROLE_TOKENS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { call, callAsAdmin } from "../support/gateway.ts";
import { createJob, untilState } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine, CATEGORY } from "../support/runner-client.ts";

test.each([
  ["/admin/", "text/html; charset=utf-8"],
  ["/admin", "text/html; charset=utf-8"],
  ["/admin/page.js", "text/javascript; charset=utf-8"],
  ["/admin/page.css", "text/css; charset=utf-8"],
  ["/admin/page.svg", "image/svg+xml"],
])("%s is served to anybody, under a policy that lets nothing else in", async (path, type) => {
  const response = await call(path);
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe(type);
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
  const policy = response.headers.get("Content-Security-Policy")?.split("; ");
  expect(policy).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  expect(await response.text()).not.toBe("");
});

test("the page has no script or style of its own outside its files, and no listener in its markup", async () => {
  const html = await (await call("/admin/")).text();
  expect(html).not.toMatch(
    /<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc="\/admin\/page\.js"><\/script>)/,
  );
});

test("the overview says who asks and how all stands, and wakes no queue", async () => {
  const { id } = await anEnrolledRunner();
  await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  await untilState("offered");
  advance(DEFAULT_TIMES.snapshotMs);
  await runDurableObjectAlarm(queue());
  const called = Object.getOwnPropertyNames(JobQueue.prototype)
    .filter((name) => name !== "constructor" && !name.startsWith("#"))
    .map((name) => vi.spyOn(JobQueue.prototype, name as "fetch").mockClear());

  const response = await call("/admin/overview", { token: ROLE_TOKENS.read });
  const overview = await response.json<AdminOverview>();

  expect(overview).toMatchObject({ role: "read", providerId: "ucloud", atMs: Date.now(), openWords: 0 });
  expect(overview.offered).toContain(CATEGORY);
  expect(overview.runners.map((runner) => runner.id)).toContain(id);
  expect(overview.queues.find(({ category }) => category === CATEGORY)?.snapshot.runners).toMatchObject({ open: 1 });
  expect(called.length).toBeGreaterThan(20);
  expect(called.filter((spy) => spy.mock.calls.length > 0)).toEqual([]);
});

test("a runner's share in use is what its jobs hold", async () => {
  await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  await untilState("offered");
  const { items } = await (await callAsAdmin("/runners")).json<{ items: { jobs: string[]; used: unknown }[] }>();
  const busy = items.filter(({ jobs }) => jobs.length > 0);
  expect(busy.map(({ used }) => used)).toEqual([{ cpu: 1, memoryBytes: 2 ** 31, gpu: 0 }]);
});
