/** What a fact is answered at any time, row by row, and what becomes of the row. */
import { describe, expect, test } from "vitest";
import { type Fact, factKey } from "../../../../shared/protocol.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { makeRow } from "../../../support/queue/rows.ts";
import { cellsOf } from "../../../support/queue/table.ts";
import { aCapacity, anExit, aRunner, CLOSED, STARTED } from "../../../support/queue/test-runner.ts";

// The program ended with code 0; the start failed by a fault of the node.
const FACTS: Record<string, Fact> = {
  started: STARTED,
  exited: anExit(),
  "not-started": { kind: "not-started", failure: { code: "podman_failed" } },
  extended: { kind: "extended", wallMs: 7_200_000 },
  suspended: { kind: "suspended", n: 1, agoMs: 0 },
};

// The answer, and the row's state afterwards. `offered` and `claimed` with a fact: a queue that was restored to a moment
// before it granted the start.
const TABLE = `
row × fact             | started        | exited         | not-started    | extended       | suspended
offered                | ack running    | ack SUCCESS    | ack queued     | ack offered    | ack offered
claimed                | ack running    | ack SUCCESS    | ack queued     | ack claimed    | ack claimed
starting               | ack running    | ack SUCCESS    | ack queued     | ack starting   | ack starting
running                | ack running    | ack SUCCESS    | ack FAILURE    | ack running    | ack running
starting, cancel asked | ack running    | ack SUCCESS    | ack SUCCESS    | ack starting   | ack starting
running, cancel asked  | ack running    | ack SUCCESS    | ack SUCCESS    | ack running    | ack running
done                   | forget SUCCESS | forget SUCCESS | forget SUCCESS | forget SUCCESS | forget SUCCESS
done, cancel owed      | forget SUCCESS | forget SUCCESS | forget SUCCESS | forget SUCCESS | forget SUCCESS
mute, cancel owed      | forget FAILURE | forget FAILURE | forget FAILURE | forget FAILURE | forget FAILURE
mute, settled          | forget FAILURE | forget FAILURE | forget FAILURE | forget FAILURE | forget FAILURE
queued                 | forget queued  | forget queued  | forget queued  | forget queued  | forget queued
at another runner      | forget running | forget running | forget running | forget running | forget running
another attempt        | forget running | forget running | forget running | forget running | forget running
another incarnation    | forget none    | forget none    | forget none    | forget none    | forget none
another rank           | forget running | forget running | forget running | forget running | forget running
unknown                | forget none    | forget none    | forget none    | forget none    | forget none
`;

const CELLS = cellsOf(TABLE).map((cell) => ({ ...cell, fact: FACTS[cell.column] ?? STARTED }));

describe("a fact is answered, and the row follows", () => {
  test.each(CELLS)("$row × $column: $expected", async ({ row, fact, expected }) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await makeRow(row, { queue, runner });
    await runner.report(aCapacity({ change: CLOSED }));

    await runner.fact(ref, fact);

    const [answer] = expected.split(" ");
    const last = runner.line.frames.findLast(({ type }) => type === "ack" || type === "forget");
    expect(last).toEqual(answer === "ack" ? { type: "ack", ref, ...factKey(fact) } : { type: "forget", ref });
    expect(`${answer} ${queue.stateOf({ id: ref.job, incarnation: ref.incarnation })}`).toBe(expected);
  });

  test.each(CELLS)("$row × $column again: settled, and nothing changes", async ({ row, fact }) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await makeRow(row, { queue, runner });
    await runner.report(aCapacity({ change: CLOSED }));
    await runner.fact(ref, fact);
    const key = { id: ref.job, incarnation: ref.incarnation };
    const after = queue.stateOf(key);
    const answers = runner.line.frames.length;

    await runner.fact(ref, fact);

    expect(runner.line.frames.length).toBeGreaterThan(answers);
    expect(queue.stateOf(key)).toBe(after);
  });
});
