/** Rate limits of the platform, whose windows end with the clock's minute, wherever a test is by then. */
import { expect } from "vitest";

/** The first answer of 429. Before it come `limit` others or more, all of `status`; at most those of two windows. */
export async function refusedTooOften(
  { limit, status }: { limit: number; status: number },
  ask: () => Promise<Response>,
): Promise<Response> {
  const statuses: number[] = [];
  for (;;) {
    const response = await ask();
    if (response.status === 429 && statuses.length >= limit) {
      return response;
    }
    statuses.push(response.status);
    expect(statuses).toEqual(statuses.map(() => status));
    expect(statuses.length).toBeLessThanOrEqual(2 * limit);
  }
}
