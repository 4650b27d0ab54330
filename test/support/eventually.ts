/** Waiting for something that other processes bring about and that nobody announces. */
import { setTimeout as pause } from "node:timers/promises";

const WAIT_MS = 45_000;
const LOOK_MS = 20;

/** What `look` finds; it is asked again as long as it finds null or throws. */
export async function eventually<T>(what: string, look: () => T | null | Promise<T | null>): Promise<T> {
  let trouble: unknown;
  for (const endMs = Date.now() + WAIT_MS; Date.now() < endMs; await pause(LOOK_MS)) {
    try {
      const found = await look();
      if (found !== null) {
        return found;
      }
    } catch (error) {
      trouble = error;
    }
  }
  throw new Error(`it did not come about: ${what}`, { cause: trouble });
}
