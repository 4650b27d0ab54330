/** Which runner may bring a log, and when it is cut off. */
import { test } from "vitest";
import { tellUcloud } from "../support/alarms.ts";
import { dialRelay } from "../support/follow-client.ts";
import { aFollowedJob } from "../support/followed-job.ts";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { anEnrolledRunner, upgrade, upgradeToken } from "../support/runner-client.ts";

test("only the runner that was asked may bring the log, with a token for exactly that", async () => {
  const { runner, ref, nonce } = await aFollowedJob();
  const other = await anEnrolledRunner({ name: "node-2" });
  await expectError(await dialRelay(other, { ref, nonce }), 403, "FORBIDDEN");
  await expectError(await dialRelay(runner, { ref, nonce: "f".repeat(32) }), 403, "FORBIDDEN");
  await expectError(await dialRelay(runner, { ref: { ...ref, attempt: 2 }, nonce }), 403, "FORBIDDEN");
  await expectError(await dialRelay(runner, { ref, nonce, claim: "another log" }), 401, "UNAUTHORIZED");
  await expectError(await dialRelay({ ...other, id: runner.id }, { ref, nonce }), 401, "UNAUTHORIZED");
  await expectError(await dialRelay(runner, { ref, nonce, category: "elsewhere" }), 404, "NOT_FOUND");
  const line = await upgrade({ token: await upgradeToken(runner, { relay: "a log" }) });
  await expectError(line, 401, "UNAUTHORIZED");
});

test("a revoked runner brings nothing any more", async () => {
  const { runner, ref, nonce } = await aFollowedJob();
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "lost" });
  await expectError(await dialRelay(runner, { ref, nonce }), 403, "FORBIDDEN");
});

test("a runner that is revoked while it serves is cut off", async () => {
  const { runner, log, viewer } = await aFollowedJob();
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "lost" });
  await log.isClosed(4403);
  await tellUcloud();
  await viewer.isClosed(1000);
});

test("when nobody looks, a runner's dial is refused", async () => {
  const { runner, ref, nonce, viewer, log } = await aFollowedJob();
  viewer.socket.close(1000, "gone");
  await log.isClosed(1000);
  await expectError(await dialRelay(runner, { ref, nonce }), 403, "FORBIDDEN");
});

test("what is no frame closes the runner's socket, and it is asked again", async () => {
  const { log, line } = await aFollowedJob();
  log.socket.send("{");
  await log.isClosed(4400);
  await line.next("open");
});
