/** The closing handshake: the platform reports some codes that it does not let anybody send. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

test.each([
  [1000, 1000],
  [1004, 1000],
  [1005, 1000],
  [1006, 1000],
  [1015, 1000],
  [4409, 4409],
])("a line that ended with %d is closed with %d", async (reported, answered) => {
  const line = await aWelcomedLine(await anEnrolledRunner());
  await runInDurableObject(queue(), async (instance, state) => {
    for (const socket of state.getWebSockets()) {
      await instance.webSocketClose(socket, reported, "gone");
    }
  });
  expect(await line.closed).toMatchObject({ code: answered });
});
