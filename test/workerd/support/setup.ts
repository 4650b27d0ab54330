/** Around every test: a clock, a UCloud that takes everything, and objects without a past. */
import { reset } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, vi } from "vitest";
import { startClock } from "./clock.ts";
import { wakeEvicted } from "./evictions.ts";
import { startUcloud } from "./ucloud-stand-in.ts";

beforeAll(startClock);
beforeEach(() => void startUcloud());
afterEach(async () => {
  vi.restoreAllMocks();
  await wakeEvicted();
  await reset();
});
