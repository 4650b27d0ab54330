/** The socket on which logs are followed: whatever is said there, it answers or closes, and the next one is served. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { MARK, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { coreToken } from "../support/core-tokens.ts";
import { CALL, CoreSocket } from "../support/follow-client.ts";
import { fuzzing } from "../support/judged.ts";
import { aJob } from "../support/requests.ts";

const OFTEN = { interval: 1, timeout: 4_000 };
const sound = { call: CALL, streamId: "a", payload: { type: "init", job: aJob() }, bearer: "", project: null };
const text = fc.oneof(spoilt(JSON.parse(JSON.stringify(sound))), torn(JSON.parse(JSON.stringify(sound))));

test("a first frame of any kind is answered or ends the socket with a code of ours", async () => {
  const bearer = await coreToken();
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const socket = await CoreSocket.older();
      socket.say(text.replaceAll('"bearer":""', `"bearer":"${bearer}"`));
      await vi.waitFor(() => expect(socket.closed !== null || socket.texts.length > 0).toBe(true), OFTEN);
      expect([undefined, 1000, 1008, 1009]).toContain(socket.closed?.code);
      const notes = socket.frames.map(({ payload }) => `${payload?.stdout ?? ""}${payload?.stderr ?? ""}`).join();
      expect(notes).not.toContain(MARK);
      socket.socket.close();
    }),
    fuzzing(2),
  );
});

test("without a bearer of UCloud nothing is answered but 401", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const socket = await CoreSocket.older();
      socket.say(text);
      await vi.waitFor(() => expect(socket.closed).not.toBeNull(), OFTEN);
      expect(socket.closed?.code).toBe(1008);
      expect(socket.frames.every(({ status }) => status === 401)).toBe(true);
    }),
    fuzzing(2),
  );
});
