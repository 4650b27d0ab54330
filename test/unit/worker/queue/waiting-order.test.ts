/** What waits, in order of age: how much is read for it. */
import { expect, test, vi } from "vitest";
import { inOrderOfAge, oldestOfLanes } from "../../../../worker/queue/waiting-order.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";

test("of each lane only what is asked for is read", () => {
  const queue = openQueue();
  for (let index = 0; index < 40; index++) {
    queue.nowMs += 1;
    queue.create(aJob({ id: `j${index}`, plan: { workspace: `user:u${index % 4}`, resources: RESOURCES } }));
  }
  const {
    jobs,
    ports: { sql },
  } = queue.queue.state;
  const read = vi.spyOn(sql, "rows");

  const ordered = inOrderOfAge(sql, oldestOfLanes(jobs.lanes), 10);

  expect(ordered.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `j${index}`));
  expect(read.mock.calls.length).toBeLessThanOrEqual(11);
});

const RESOURCES = { cpu: 1, memoryBytes: GIBIBYTE, gpu: 0 };

test("the reads go along the index, without sorting what waits", () => {
  const queue = openQueue();
  const { sql } = queue.queue.state.ports;
  const plan = sql
    .rows(
      `EXPLAIN QUERY PLAN SELECT id, incarnation, lane, accepted_at FROM job
        WHERE state = 'queued' AND later IS NULL AND lane = 'a' AND (accepted_at, id, incarnation) > (1, 'a', 'a')
        ORDER BY accepted_at, id, incarnation LIMIT 1`,
    )
    .map(({ detail }) => String(detail))
    .join("; ");

  expect(plan).toContain("job_queued (lane=? AND");
  expect(plan).not.toContain("TEMP B-TREE");
});
