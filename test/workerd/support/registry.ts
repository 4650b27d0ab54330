/** The Registry, and a queue that it cannot reach. */
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";

const real = { heed: JobQueue.prototype.heed, dismiss: JobQueue.prototype.dismiss };

export const registry = () => env.REGISTRY.getByName("registry");

/** Words of administrators do not reach `category` until mocks are restored. */
export function loseWordsTo(category: string): void {
  const isLost = async (queue: JobQueue) => (await queue.summary()).name === category;
  const refuse = () => {
    throw new Error("the queue is being moved");
  };
  vi.spyOn(JobQueue.prototype, "heed").mockImplementation(async function (this: JobQueue, ...given) {
    return (await isLost(this)) ? refuse() : real.heed.apply(this, given);
  });
  vi.spyOn(JobQueue.prototype, "dismiss").mockImplementation(async function (this: JobQueue, ...given) {
    return (await isLost(this)) ? refuse() : real.dismiss.apply(this, given);
  });
}
