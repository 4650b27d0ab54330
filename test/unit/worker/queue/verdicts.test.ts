/** The verdict table of docs/protocol.md, cell by cell: what a complete `hello` is answered, and what becomes of the row. */
import { describe, expect, test } from "vitest";
import { type Ref, refName } from "../../../../shared/ids.ts";
import { type Phase, phaseSchema } from "../../../../shared/protocol.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { makeRow } from "../../../support/queue/rows.ts";
import { cellsOf } from "../../../support/queue/table.ts";
import { aCapacity, aRunner, CLOSED, type TestRunner } from "../../../support/queue/test-runner.ts";

// The verdict, and the row's state afterwards; `=`: as it was.
const TABLE = `
row × phase            | preparing      | ready          | granted       | running      | ended           | vanished
offered                | keep claimed   | go starting    | keep starting | keep running | resend starting | forget FAILURE
claimed                | keep =         | go starting    | keep starting | keep running | resend starting | forget FAILURE
starting               | keep =         | go =           | keep =        | keep running | resend =        | forget FAILURE
running                | cancel FAILURE | cancel FAILURE | keep =        | keep =       | resend =        | forget FAILURE
starting, cancel asked | cancel =       | cancel =       | cancel =      | cancel =     | resend =        | forget SUCCESS
running, cancel asked  | cancel =       | cancel =       | cancel =      | cancel =     | resend =        | forget SUCCESS
done, cancel owed      | cancel =       | cancel =       | cancel =      | cancel =     | forget =        | forget =
mute, cancel owed      | cancel =       | cancel =       | cancel =      | cancel =     | forget =        | forget =
done                   | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
mute, settled          | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
queued                 | forget =       | forget =      | keep starting | keep running | forget =        | forget =
at another runner      | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
another attempt        | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
another incarnation    | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
another rank           | forget =       | forget =       | forget =      | forget =     | forget =        | forget =
unknown                | forget =       | forget =       | keep =        | keep =       | keep =          | forget =
`;

describe("a runner that names a job is answered, and the row follows", () => {
  test.each(cellsOf(TABLE))("$row × $column: $expected", async ({ row, column, expected }) => {
    const phase = phaseSchema.parse(column);
    const queue = openQueue();
    const runner = await aRunner(queue);
    const named = await makeRow(row, { queue, runner });
    runner.capacity = aCapacity({ change: CLOSED });
    const others = namedAsTheyAre(queue, runner, named);
    const before = queue.stateOf({ id: named.job, incarnation: named.incarnation });

    await runner.reconnect([...others, { ref: named, phase }]);

    const after = queue.stateOf({ id: named.job, incarnation: named.incarnation });
    const verdict = runner.welcome().verdicts.at(-1);
    expect(verdict?.ref).toEqual(named);
    expect(`${verdict?.verdict} ${after === before ? "=" : after}`).toBe(expected);
    // The running time that holds now is repeated to whoever goes on.
    const goesOn = row !== "unknown" && (verdict?.verdict === "keep" || verdict?.verdict === "go");
    expect(verdict?.wallMs).toBe(goesOn ? aJob().plan.wallMs : undefined);
  });
});

/** What else the runner holds: a complete inventory names it too. */
function namedAsTheyAre({ queue }: QueueUnderTest, runner: TestRunner, named: Ref): { ref: Ref; phase: Phase }[] {
  return queue.state.jobs
    .heldBy(runner.id)
    .map(({ id, incarnation, attempt }) => ({ job: id, incarnation, attempt, rank: 0 }))
    .filter((ref) => refName(ref) !== refName(named))
    .map((ref) => ({ ref, phase: "running" as const }));
}
