/** Creates of jobs with files, by what the category's runners have said that they serve. */
import { expect, test, vi } from "vitest";
import type { ServedDrive } from "../../../shared/capacity.ts";
import { callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { allStoredJobs, storedJobs } from "../support/queues.ts";
import { aJob, bulk, type Changes } from "../support/requests.ts";
import { anEnrolledRunner, anOpenLine } from "../support/runner-client.ts";
import { CAPACITY } from "../support/runner-line.ts";

const NO_SUCH = "No machine here has this drive for jobs of this workspace.";
const RESOURCES = "specification.resources";

const file = (path: string) => ({ type: "file", path });

/** Connected once, with these drives, and away again. */
async function aRunnerThatWasHere(drives: ServedDrive[], name = "node-1"): Promise<void> {
  const runner = await anEnrolledRunner({ name });
  const line = await anOpenLine(runner);
  await line.sayHello({ capacity: { ...CAPACITY, drives } });
  await line.next("welcome");
  line.close();
  await vi.waitFor(async () => expect(await (await callAsAdmin("/runners")).text()).not.toContain('"connected":true'));
}

async function refusalOf(...jobs: Changes[]): Promise<string> {
  const items = jobs.map((changes, index) => aJob({ id: `${index + 1}`, ...changes }));
  const why = await expectError(await callAsCore("/jobs", bulk(...items)), 400, "BAD_REQUEST");
  expect(await allStoredJobs()).toEqual([]);
  return why;
}

test("a job whose drive is served by a runner that is away is stored with its files", async () => {
  await aRunnerThatWasHere([{ id: "12" }]);

  const response = await callAsCore("/jobs", bulk(aJob({ [RESOURCES]: [file("/12/data")] })));

  expect(await response.json()).toEqual({ responses: [null] });
  const [stored] = await storedJobs();
  expect(JSON.parse(stored?.plan ?? "null")).toMatchObject({
    mounts: [{ drive: "12", path: "data", destination: "/work/data", readOnly: false }],
    user: "user",
  });
});

test("a drive that no runner serves is refused at the first value that names it, and nothing is stored", async () => {
  await aRunnerThatWasHere([{ id: "12" }]);
  const bad = { [RESOURCES]: [file("/12/a"), file("/13/a"), file("/13/b")] };

  expect(await refusalOf({}, bad)).toBe(`items[1].${RESOURCES}[1].path: ${NO_SUCH}`);
});

test("a drive of a parameter is refused where there is no runner at all", async () => {
  const changes = {
    "status.resolvedApplication.invocation.parameters": [{ type: "input_file", name: "data" }],
    "status.resolvedApplication.invocation.invocation": [{ type: "word", word: "run" }],
    "specification.parameters": { data: file("/12/a") },
  };

  expect(await refusalOf(changes)).toBe(`items[0].specification.parameters.data.path: ${NO_SUCH}`);
});

test("a drive of other workspaces is refused, and so are drives that no machine has together", async () => {
  await aRunnerThatWasHere([{ id: "12", workspaces: ["project:x"] }, { id: "13" }]);
  await aRunnerThatWasHere([{ id: "14" }], "node-2");
  const both = { [RESOURCES]: [file("/13"), file("/14")] };

  expect(await refusalOf({ [RESOURCES]: [file("/12")] })).toBe(`items[0].${RESOURCES}[0].path: ${NO_SUCH}`);
  expect(await refusalOf(both)).toBe(
    `items[0].${RESOURCES}[1].path: No machine here has this drive together with the job's other drives.`,
  );
});
