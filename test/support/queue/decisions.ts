/** What the Registry tells a queue of an administrator's decisions; the words grow by the queue's clock. */
import type { Drained, Standing } from "../../../worker/queue/api.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";

const lastWords = new WeakMap<QueueUnderTest, number>();

function nextWord(queue: QueueUnderTest): number {
  const word = Math.max(queue.nowMs, (lastWords.get(queue) ?? 0) + 1);
  lastWords.set(queue, word);
  return word;
}

export function aDrain(queue: QueueUnderTest, change: Partial<Drained> = {}): Standing {
  const drained = { reason: "new disks", by: "olga", since: queue.nowMs, until: null, ...change };
  return { word: nextWord(queue), drained, lost: null };
}

export function aResume(queue: QueueUnderTest): Standing {
  return { word: nextWord(queue), drained: null, lost: null };
}

export function aLoss(queue: QueueUnderTest, reason = "burnt down"): Standing {
  const word = nextWord(queue);
  return { word, drained: null, lost: { word, reason } };
}
