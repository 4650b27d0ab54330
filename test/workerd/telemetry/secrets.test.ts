/** What the gateway says of itself has no secret and nothing of a user in it: logs, answers that are errors, metrics. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { tellUcloud } from "../support/alarms.ts";
import { ADMIN_TOKENS, REFRESH_TOKEN } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { coreToken } from "../support/core-tokens.ts";
import { call, callAsAdmin, callAsCore } from "../support/gateway.ts";
import { createJob, exited, startOffered, tellFact } from "../support/job-life.ts";
import { logLines } from "../support/log-lines.ts";
import { queue } from "../support/queues.ts";
import { aJob, bulk } from "../support/requests.ts";
import {
  anEnrolledRunner,
  anEnrolmentCode,
  aRunnerKey,
  aWelcomedLine,
  enroll,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";
import { ACCESS_TOKEN, startUcloud, UPDATE } from "../support/ucloud-stand-in.ts";

/** In a value of each kind. */
const PLANTED = "hunter2";
const INVOCATION = "status.resolvedApplication.invocation";

const A_JOB = {
  "specification.parameters.value.value": `${PLANTED}-value`,
  "specification.name": `${PLANTED}-name`,
  [`${INVOCATION}.environment`]: { SECRET: { type: "word", word: `${PLANTED}-variable` } },
  "owner.createdBy": `${PLANTED}-user`,
};

/** A call with something wrong in it, and the planted word where it is wrong. */
const WRONG: [string, () => Promise<Response>][] = [
  ["no JSON", () => callAsCore("/jobs", `{"${PLANTED}`)],
  ["no bulk", () => callAsCore("/jobs", { items: PLANTED })],
  ["an id", () => callAsCore("/jobs", bulk(aJob({ id: `${PLANTED}\0` })))],
  ["a machine type", () => callAsCore("/jobs", bulk(aJob({ "specification.product.id": PLANTED })))],
  ["a category", () => callAsCore("/jobs", bulk(aJob({ "specification.product.category": PLANTED })))],
  ["a parameter", () => callAsCore("/jobs", bulk(aJob({ "specification.parameters.value": { type: PLANTED } })))],
  ["a value", () => callAsCore("/jobs", bulk(aJob({ "specification.parameters.value.value": `${PLANTED}\0` })))],
  ["a time", () => callAsCore("/jobs", bulk(aJob({ "specification.timeAllocation": { hours: PLANTED } })))],
  ["a resource", () => callAsCore("/jobs", bulk(aJob({ "specification.resources": [{ type: PLANTED }] })))],
  ["a terminate", () => callAsCore("/jobs/terminate", bulk({ id: PLANTED }))],
  ["a path", () => callAsCore(`/jobs/${PLANTED}`, {})],
  ["a token of UCloud", () => call("/ucloud/ucloud/jobs", { token: PLANTED, body: {} })],
  ["an administrator's token", () => call("/admin/queues", { token: PLANTED })],
  ["an administrator's job", () => callAsAdmin(`/jobs/${PLANTED}`)],
  ["an administrator's field", () => callAsAdmin("/enrollments", { name: PLANTED, [PLANTED]: 1 })],
  ["a code", async () => enroll(PLANTED, await aRunnerKey())],
  ["an upgrade", () => upgrade({ token: PLANTED })],
  [
    "a runner's category",
    async () => upgrade({ token: await upgradeToken(await anEnrolledRunner()), category: PLANTED }),
  ],
];

test.each(WRONG)("%s that is wrong is neither answered nor logged as it was sent", async (_, ask) => {
  const log = logLines();
  const response = await ask();
  const text = await response.text();
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(`${text}\n${log.text()}`).not.toContain(PLANTED);
});

test("a whole job leaves nothing of its user, and no token, in log, metrics and the administrators' view", async () => {
  const log = logLines();
  const ucloud = startUcloud();
  const core = await coreToken();
  const code = await anEnrolmentCode();
  const key = await aRunnerKey();
  const enrolled: { runner: { id: string; name: string } } = await (await enroll(code, key)).json();
  const token = await upgradeToken({ ...enrolled.runner, key });
  expect((await upgrade({ token })).status).toBe(101);
  const line = await aWelcomedLine({ ...enrolled.runner, key });

  await createJob(A_JOB);
  const ref = await startOffered(line);
  await tellUcloud();
  await tellFact(line, ref, exited({ tail: btoa(`${PLANTED}-output`) }));
  await tellUcloud();
  advance(DEFAULT_TIMES.keepMs + 3_600_000);
  const shown = [await callAsAdmin("/jobs/54112"), await callAsAdmin("/jobs"), await callAsAdmin("/metrics")];
  await runDurableObjectAlarm(queue());

  expect(ucloud.told().length).toBeGreaterThan(0);
  expect(log.events("job_ended")).toHaveLength(1);
  expect(log.events("job_closed")).toHaveLength(1);
  const seen = [log.text(), ...(await Promise.all(shown.map((response) => response.text())))];
  expect(seen.join("\n")).toContain("54112");
  const planted = [`${PLANTED}-value`, `${PLANTED}-variable`, `${PLANTED}-name`, "Hello", btoa(`${PLANTED}-output`)];
  const secrets = [...ADMIN_TOKENS, REFRESH_TOKEN, ACCESS_TOKEN, core, code, token];
  for (const secret of [...planted, ...secrets]) {
    expect(seen.join("\n")).not.toContain(secret);
  }
  expect(`${log.text()}\n${seen.at(-1)}`).not.toContain(PLANTED);
});

test("trouble with UCloud quotes nothing that it answered", async () => {
  const log = logLines();
  const ucloud = startUcloud();
  ucloud.answer(UPDATE, () => new Response(`${PLANTED} ${ACCESS_TOKEN}`, { status: 500 }));
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  await startOffered(line);
  await tellUcloud();
  const shown = await (await callAsAdmin("/undelivered")).text();

  expect(shown).toContain("UCloud answers 500");
  expect(shown + log.text()).not.toContain(PLANTED);
});
