/** Where the files of a job are: UCloud's own folder, told once, or a folder on the machine, in the last words. */
import { describe, expect, test } from "vitest";
import type { Exited } from "../../../../shared/protocol.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED } from "../../../support/queue/test-runner.ts";

const FOLDER = "/12/Jobs/acme-batch/1-0000000000000001/work";
const RUNNING = { state: "RUNNING", status: "The job is now running!", expectedState: "IN_QUEUE" };
const SUCCESS = { state: "SUCCESS", status: "The job has finished processing!", expectedDifferentState: true };

async function aStartingJob() {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  const start = (outputFolder: string) => runner.fact(ref, { ...STARTED, outputFolder });
  return { queue, runner, ref, start };
}

describe("UCloud's folder of the output", () => {
  test("is told with RUNNING, once, however often the start is said", async () => {
    const { queue, runner, ref, start } = await aStartingJob();
    await start(FOLDER);
    await start(FOLDER);
    await queue.pass(10_000);
    await start(FOLDER);
    await start(`${FOLDER}/other`);
    await queue.pass(10_000);
    expect(queue.core.told("1")).toEqual([{ ...RUNNING, outputFolder: FOLDER }]);

    await runner.fact(ref, anExit());
    await queue.pass(10_000);
    expect(queue.core.told("1")).toEqual([{ ...RUNNING, outputFolder: FOLDER }, SUCCESS]);
  });

  test("is part of RUNNING as often as that has to be repeated", async () => {
    const { queue, start } = await aStartingJob();
    queue.core.trouble = { kind: "unavailable", status: 503 };
    await start(FOLDER);
    await queue.pass(10_000);
    queue.restart({ keepsSockets: true });
    queue.core.trouble = null;
    await queue.pass(40_000);
    expect(queue.core.told("1")).toEqual([{ ...RUNNING, outputFolder: FOLDER }]);
  });

  test("that is heard of when RUNNING is about to be told, or was, goes with the next state", async () => {
    const { queue, runner, ref, start } = await aStartingJob();
    await runner.reconnect([{ ref, phase: "running" }]);
    queue.core.meanwhile = () => start(FOLDER);
    await queue.pass(10_000);
    expect(queue.core.told("1")).toEqual([RUNNING]);

    await runner.fact(ref, anExit());
    await queue.pass(10_000);
    expect(queue.core.told("1")).toEqual([RUNNING, { ...SUCCESS, outputFolder: FOLDER }]);
  });

  test("is in time for RUNNING that was not sent yet", async () => {
    const { queue, runner, ref, start } = await aStartingJob();
    await runner.reconnect([{ ref, phase: "running" }]);
    await start(FOLDER);
    await queue.pass(10_000);
    expect(queue.core.told("1")).toEqual([{ ...RUNNING, outputFolder: FOLDER }]);
  });

  test("never holds back an end", async () => {
    const { queue, runner, ref, start } = await aStartingJob();
    queue.core.badItems.set("1", { kind: "rejected", status: 400 });
    await start(FOLDER);
    await queue.pass(10_000);
    queue.core.badItems.clear();
    await runner.fact(ref, anExit());
    await queue.pass(60_000);
    expect(queue.core.told("1")).toEqual([SUCCESS]);
  });

  test.each(["", "12/Jobs", "/", "/1.2/Jobs", "/12/../13", "/12/a\nb", "/12/a  b"])(
    "that is odd is not told: %j",
    async (folder) => {
      const { queue, runner, ref } = await aStartingJob();
      await runner.fact(ref, { ...STARTED, outputFolder: folder });
      await queue.pass(10_000);
      expect(queue.core.told("1")).toEqual([RUNNING]);
    },
  );
});

describe("a folder on the machine", () => {
  const DAY = 86_400_000;
  // The queue's clock begins on 2023-11-14 at 22:13:20 UTC.
  const results = { folder: "/srv/jobs/alice/1", keptMs: 14 * DAY };
  const WHERE = "The job's files are on runner-1 until 2023-11-28, in /srv/jobs/alice/1";

  async function endOf(fact: Partial<Exited>, plan: Parameters<typeof aJob>[0] = {}) {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running", aJob(plan));
    await runner.fact(ref, anExit({ results, ...fact }));
    await queue.pass(10_000);
    return queue.core.told("1").at(-1);
  }

  test.each<[string, Partial<Exited>, string]>([
    ["a success", {}, "The job has finished processing!"],
    ["a failure", { exitCode: 3 }, "The job ended with exit code 3."],
    [
      "used up time",
      { cause: "expired", ranMs: 1_000 },
      "The job has used up its time and was stopped; it ran for 1 second.",
    ],
  ])("is named after the words for %s, with its machine and its last day", async (_, fact, words) => {
    expect(await endOf(fact)).toMatchObject({ status: `${words} ${WHERE}` });
  });

  test("is named too where the output stays at the site", async () => {
    expect((await endOf({}, { plan: { output: "site" } }))?.status).toContain(WHERE);
  });

  test("is kept for as much longer as its runner says, however long ago the job ended", async () => {
    expect((await endOf({ agoMs: 3 * DAY }))?.status).toContain("until 2023-11-28,");
  });

  test.each<[string, Exited["results"], string]>([
    ["a strange name", { folder: "/srv/a\n\u2028b", keptMs: 0 }, "until 2023-11-14, in /srv/a b"],
    ["a time beyond all dates", { folder: "/srv", keptMs: Number.MAX_SAFE_INTEGER }, "until 9999-12-31, in /srv"],
  ])("with %s is one clean line", async (_, odd, end) => {
    const status = (await endOf({ results: odd }))?.status ?? "";
    expect(status.endsWith(end)).toBe(true);
  });

  test("without one the words stay as they are", async () => {
    expect(await endOf({ results: undefined })).toEqual(SUCCESS);
  });
});
