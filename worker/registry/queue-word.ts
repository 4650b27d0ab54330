/** What the Registry says to a queue about a runner. */
import type { JobQueue } from "../queue/object.ts";
import type { RunnerRecord } from "./api.ts";

/** Everything that holds of the runner now: each word carries what tells it from a later one. */
export async function tellQueue(
  queue: DurableObjectStub<JobQueue>,
  { runner, category }: { runner: string; category: string },
  record: RunnerRecord | null,
): Promise<void> {
  if (record === null) {
    await queue.dismiss(runner);
    return;
  }
  if (!record.categories.includes(category)) {
    await queue.drop(runner, record.enrolledAt);
    return;
  }
  await (record.revokedAt === null
    ? queue.reinstate(runner, record.enrolledAt)
    : queue.revoke(runner, record.revokeReason ?? "", record.enrolledAt));
  if (record.standing !== null) {
    await queue.heed(runner, record.standing);
  }
}

export function standsAlike(one: RunnerRecord | null, other: RunnerRecord | null): boolean {
  const isSame = one?.revokedAt === other?.revokedAt && one?.enrolledAt === other?.enrolledAt;
  return isSame && one?.standing?.word === other?.standing?.word;
}
