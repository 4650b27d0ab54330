/** One event for each call that is work, none for polls, and no flood by strangers. */
import { expect, test } from "vitest";
import { advance } from "../support/clock.ts";
import { call, callAsAdmin, callAsCore } from "../support/gateway.ts";
import { createJob } from "../support/job-life.ts";
import { logLines } from "../support/log-lines.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

/** Further than what is told at most once a minute. */
function later(): void {
  advance(60_000);
}

test("a create is one event with its jobs and its answer", async () => {
  const log = logLines();
  await createJob();
  expect(log.events("call")).toEqual([
    {
      ...{ event: "call", method: "POST", route: "/ucloud/ucloud/jobs", status: 200, errorCode: null },
      ...{ ms: expect.any(Number), items: 1, jobs: "54112" },
    },
  ]);
});

test("a create that is refused has the code, and nothing that was sent", async () => {
  const log = logLines();
  await callAsCore("/jobs", bulk(aJob({ "specification.product.id": "planted-machine" })));
  expect(log.events("call")).toMatchObject([{ route: "/ucloud/ucloud/jobs", status: 400, errorCode: "bad_request" }]);
  expect(log.text()).not.toContain("planted");
});

test("an administrator's write is told once, with who it was", async () => {
  await createJob();
  const log = logLines();
  await callAsAdmin("/jobs/54112/cancel", { reason: "the site closes" });
  expect(log.events("call")).toEqual([]);
  expect(log.events("admin.write")).toMatchObject([{ verb: "jobs.cancel", object: "54112", outcome: 200 }]);
});

test("polls and looks have none", async () => {
  const log = logLines();
  await callAsCore("/jobs/retrieveProducts");
  await callAsCore("/jobs/retrieveUtilization");
  await callAsAdmin("/metrics");
  await callAsAdmin("/queues");
  await call("/healthz");
  expect(log.events("call")).toEqual([]);
});

test("a runner's upgrade and its session have theirs", async () => {
  const log = logLines();
  const runner = await anEnrolledRunner();
  await aWelcomedLine(runner);
  expect(log.events("call")).toContainEqual(
    expect.objectContaining({ route: "/runner/v1/connect", method: "GET", status: 101 }),
  );
  expect(log.events("runner.connected")).toMatchObject([{ runner: runner.id, session: 1, jobs: 0 }]);
});

test("what strangers send is told once a minute", async () => {
  later();
  const log = logLines();
  for (let i = 0; i < 20; i++) {
    await call(`/ucloud/ucloud/jobs/planted-${i}`, { body: {} });
  }
  expect(log.events("call")).toMatchObject([{ route: "/ucloud/ucloud/*", status: 401 }]);
  later();
  await call("/ucloud/ucloud/jobs", { body: {} });
  expect(log.events("call")).toHaveLength(2);
  expect(log.text()).not.toContain("planted");
});
