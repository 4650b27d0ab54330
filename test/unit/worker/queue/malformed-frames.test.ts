/** What a runner must not send, and what it is answered; nothing of it reaches a row. */
import { expect, test } from "vitest";
import { MAX_FRAME_BYTES } from "../../../../shared/protocol.ts";
import { bring } from "../../../support/queue/journey.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

const MALFORMED: [string, unknown, { code: string; field: string }][] = [
  ["no JSON", "{", { code: "not_json", field: "" }],
  ["nothing", "", { code: "not_json", field: "" }],
  ["bytes", new ArrayBuffer(4), { code: "not_text", field: "" }],
  ["a list", "[]", { code: "bad_frame", field: "" }],
  ["null", "null", { code: "bad_frame", field: "" }],
  ["an unknown type", '{"type":"selfdestruct"}', { code: "bad_frame", field: "type" }],
  ["no type", '{"ref":1}', { code: "bad_frame", field: "type" }],
  ["a frame for the other direction", '{"type":"go"}', { code: "bad_frame", field: "type" }],
  ["no ref", '{"type":"ready"}', { code: "bad_frame", field: "ref" }],
  [
    "attempt 0",
    '{"type":"ready","ref":{"job":"1","incarnation":"0000000000000000","attempt":0,"rank":0}}',
    { code: "bad_frame", field: "ref.attempt" },
  ],
  [
    "an id that is a path",
    '{"type":"ready","ref":{"job":"../1","incarnation":"0000000000000000","attempt":1,"rank":0}}',
    { code: "bad_frame", field: "ref.job" },
  ],
];

test.each(MALFORMED)(
  "%s is answered by an error that names the field, and the line stays open",
  async (_, text, fault) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "claimed");

    await runner.sayText(text);

    expect(runner.line.frames.at(-1)).toMatchObject({ type: "error", ...fault });
    expect(runner.line.closed).toBeNull();
    await runner.ready(ref);
    expect(runner.line.heard("go")).toHaveLength(1);
  },
);

test("an error never quotes what was sent", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  await runner.sayText('{"type":"hunter2"}');
  await runner.sayText('{"type":"ready","ref":"hunter2"}');

  expect(runner.line.heard("error")).toHaveLength(2);
  expect(JSON.stringify(runner.line.heard("error"))).not.toContain("hunter2");
});

test("the tenth malformed frame within a minute closes the line with 4400", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  for (let count = 1; count <= 9; count++) {
    await runner.sayText("{");
    queue.nowMs += 6_000;
  }
  expect(runner.line.closed).toBeNull();
  await runner.sayText("{");

  expect(runner.line.closed).toEqual({ code: 4400, reason: "too many malformed frames" });
  expect(runner.line.heard("error")).toHaveLength(10);
});

test("nine malformed frames in each minute are borne", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  for (let minute = 0; minute < 5; minute++) {
    for (let count = 1; count <= 9; count++) {
      await runner.sayText("{");
    }
    queue.nowMs += 60_001;
  }

  expect(runner.line.closed).toBeNull();
});

test("the count survives that the object leaves memory", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  for (let count = 1; count <= 10; count++) {
    await runner.sayText("{");
    queue.restart({ keepsSockets: true });
  }

  expect(runner.line.closed?.code).toBe(4400);
});

test("a frame of more than 256 KiB closes the line with 1009, counted in bytes", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  await runner.sayText("é".repeat(MAX_FRAME_BYTES / 2));
  expect(runner.line.closed).toBeNull();
  await runner.sayText("é".repeat(MAX_FRAME_BYTES / 2 + 1));

  expect(runner.line.closed).toEqual({ code: 1009, reason: "frame too big" });
});

test("a frame before hello is refused and does nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  runner.reopen();

  await runner.ready(ref);

  expect(runner.line.frames.at(-1)).toMatchObject({ type: "error", code: "bad_frame", field: "type" });
  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
});

test("malformed frames before hello count too", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);

  for (let count = 1; count <= 10; count++) {
    await runner.sayText("{");
  }

  expect(runner.line.closed?.code).toBe(4400);
});

test("a runner's own `bye` and `error` change nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");

  await runner.say({ type: "bye", reason: "stopping" });
  await runner.say({ type: "error", code: "bad_frame", field: "", message: "" });

  expect(queue.stateOf(queue.row("1"))).toBe("running");
  expect(runner.line.closed).toBeNull();
});
