/** A runner whose key was stolen: whatever its frames say, the queue lives and nobody else's job is touched. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame } from "../../../shared/codec.ts";
import type { Ref } from "../../../shared/ids.ts";
import type { RunnerFrame } from "../../../shared/protocol.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { MARK, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { advance, bring } from "../../support/queue/journey.ts";
import { aJob } from "../../support/queue/new-job.ts";
import { QueueUnderTest } from "../../support/queue/queue-under-test.ts";
import { aRunner, type TestRunner } from "../../support/queue/test-runner.ts";
import { arbitraryRunnerFrame } from "../shared/arbitrary-frames.ts";

const fuzzing = fuzzingOf(process.env);

/** The frame as it is, or about an attempt that is known to the queue, or spoilt. */
const said = fc
  .tuple(arbitraryRunnerFrame, fc.nat(9))
  .chain(([frame, about]) =>
    fc
      .oneof(
        { weight: 3, arbitrary: fc.constant(encodeFrame(frame)) },
        { weight: 2, arbitrary: spoilt(JSON.parse(encodeFrame(frame))) },
        { weight: 1, arbitrary: torn(JSON.parse(encodeFrame(frame))) },
      )
      .map((text) => ({ frame, text, about })),
  );
type Said = { frame: RunnerFrame; text: string; about: number };

/** Mostly about the victim's job or its own: made-up names are forgotten at once. */
function textOf({ frame, text, about }: Said, refs: Ref[]): string {
  const ref = refs[about % 4];
  return "ref" in frame && ref !== undefined ? encodeFrame({ ...frame, ref }) : text;
}

async function thief(queue: QueueUnderTest): Promise<{ runner: TestRunner; own: Ref }> {
  const runner = await aRunner(queue, { id: "runner-2", instance: "2".repeat(16), cpu: 1 });
  return { runner, own: await bring(queue, runner, "running", aJob({ id: "own" })) };
}

test("frames of one runner change no job of another, and the queue goes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 12 }), async (frames) => {
      const queue = new QueueUnderTest();
      const honest = await aRunner(queue, { cpu: 1 });
      const victim = await bring(queue, honest, "running", aJob({ id: "victim" }));
      const { runner, own } = await thief(queue);
      const before = queue.row("victim");
      for (const one of frames) {
        await runner.sayText(textOf(one, [victim, { ...victim, attempt: 2 }, own]));
      }
      expect(queue.row("victim")).toEqual(before);
      expect([null, 4400, 4401, 4403, 4409, 4410, 1009, 1000]).toContain(runner.line.closed?.code ?? null);
      await queue.pass(1_000);
      await advance(honest, victim, "running", "done");
      expect(queue.stateOf({ id: "victim", incarnation: victim.incarnation })).toBe("SUCCESS");
      queue.close();
    }),
    fuzzing,
  );
});

test("what UCloud and the line are told quotes nothing of a spoilt frame", async () => {
  await fc.assert(
    fc.asyncProperty(said, async (one) => {
      const queue = new QueueUnderTest();
      const { runner } = await thief(queue);
      await runner.sayText(one.text);
      const errors = runner.line.heard("error").map(({ message }) => message);
      expect(errors.join()).not.toContain(MARK);
      queue.close();
    }),
    fuzzing,
  );
});

test("before its proof a line is heard by nobody", async () => {
  await fc.assert(
    fc.asyncProperty(said, async (one) => {
      const queue = new QueueUnderTest();
      const honest = await aRunner(queue, { cpu: 1 });
      const victim = await bring(queue, honest, "running", aJob({ id: "victim" }));
      const before = queue.row("victim");
      const line = queue.openLine({ id: honest.id, name: honest.id, publicKey: honest.publicKey });
      await honest.sayText(textOf(one, [victim, victim, victim]), line);
      expect(queue.row("victim")).toEqual(before);
      expect(line.heard("welcome")).toEqual([]);
      expect(honest.line.closed).toBeNull();
      queue.close();
    }),
    fuzzing,
  );
});
