/** Calls that need nothing done, and calls for what does not exist here: the user reads why. */
import { expect, test } from "vitest";
import { callAsCore, expectError } from "../support/gateway.ts";
import { aJob } from "../support/requests.ts";

test("an application's page asks for dynamic parameters and there are none", async () => {
  const asked = { owner: { createdBy: "user", project: null }, application: {} };
  const response = await callAsCore("/jobs/requestDynamicParameters", asked);
  expect([response.status, await response.json()]).toEqual([200, { parameters: [] }]);
});

test.each(["/jobs/onUpdatedLabels", "/jobs/init", "/integration/init", "/integration/unlinked", "/ssh/keyUploaded"])(
  "%s needs nothing done",
  async (path) => {
    const response = await callAsCore(path, { items: [aJob()] });
    expect([response.status, await response.json()]).toEqual([200, {}]);
  },
);

test("a change of who may see a job is taken, one answer for each", async () => {
  const change = { resource: aJob(), added: [], deleted: [] };
  const response = await callAsCore("/jobs/updateAcl", { items: [change, change] });
  expect([response.status, await response.json()]).toEqual([200, { responses: [{}, {}] }]);
});

test.each(["interactiveSession", "openTerminalInFolder", "attachResource", "detachResource"])(
  "%s is refused with a sentence for the user",
  async (call) => {
    await expectError(await callAsCore(`/jobs/${call}`, { items: [{ job: aJob() }] }), 400, "BAD_REQUEST");
  },
);
