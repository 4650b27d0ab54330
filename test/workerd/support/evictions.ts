/** Objects that leave memory in the middle of a test, and come back before the next one begins. */
import { type DurableObjectEvictionOptions, evictDurableObject, runInDurableObject } from "cloudflare:test";

const evicted: DurableObjectStub[] = [];

export async function evict(stub: DurableObjectStub, options?: DurableObjectEvictionOptions): Promise<void> {
  evicted.push(stub);
  await evictDurableObject(stub, options);
}

/** The tests' `reset` forgets only what lies in running objects. */
export async function wakeEvicted(): Promise<void> {
  for (const stub of evicted.splice(0)) {
    await runInDurableObject(stub, () => {});
  }
}
