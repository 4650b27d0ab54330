/** A terminate of a job that is unknown here: its own state at UCloud says whether there is anything left to tell. */
import { expect, test } from "vitest";
import { tellUcloud } from "../support/alarms.ts";
import { callAsCore } from "../support/gateway.ts";
import { storedJobs } from "../support/queues.ts";
import { aJob, bulk, type Changes } from "../support/requests.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

async function terminate(changes: Changes): Promise<void> {
  const job = aJob({ createdAt: 1_633_329_776_235, ...changes });
  const response = await callAsCore("/jobs/terminate", bulk(job));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ responses: [{}] });
}

test.each(["SUCCESS", "FAILURE", "EXPIRED"])("one that UCloud shows as %s is left as it is", async (state) => {
  const ucloud = startUcloud();
  await terminate({ "status.state": state });
  expect(await storedJobs()).toEqual([]);
  await tellUcloud();
  expect(ucloud.told()).toEqual([]);
});

const open: [string, Changes][] = [
  ["as IN_QUEUE", { "status.state": "IN_QUEUE" }],
  ["as RUNNING", { "status.state": "RUNNING" }],
  ["in a state that nobody knows", { "status.state": "SUSPENDED" }],
  ["without a state", { "status.state": undefined }],
  ["without a status", { status: undefined }],
  ["with a status of another shape", { status: "FAILURE" }],
];

test.each(open)("one that UCloud shows %s is over from now on", async (_, changes) => {
  await terminate(changes);
  expect(await storedJobs()).toMatchObject([{ state: "done" }]);
});
