/** `remove` on the node, by its command: what it refuses, what it says, and what of the folder is left. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { newAttempt } from "../../../runner/attempt/record.ts";
import { remove } from "../../../runner/commands/remove.ts";
import { serveControl } from "../../../runner/control-socket.ts";
import { isEnrolled, writeIdentity } from "../../../runner/identity.ts";
import { openJournal } from "../../../runner/journal.ts";
import { settingsSchema } from "../../../runner/settings.ts";
import { lockStateFolder, StateFolderInUse } from "../../../runner/state-lock.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { aPlan, aRef } from "../../support/node-under-test.ts";
import { anIdentity } from "../../support/runner/connection-under-test.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { aWebServer } from "../../support/runner/web-server.ts";

const NOWHERE = "http://127.0.0.1:1";
const GOODBYE = { status: 200, body: '{"id":"runner-1","name":"node-1"}' };

/** Enrolled, and once started. */
function aNode(gateway: string): string {
  const stateDir = aStateFolder();
  writeIdentity(stateDir, anIdentity(gateway));
  openJournal(stateDir, 1).close();
  return stateDir;
}

async function removed(stateDir: string, flags = {}): Promise<{ code: number; said: string }> {
  const said: unknown[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => said.push(text));
  vi.spyOn(console, "error").mockImplementation((text) => said.push(text));
  const settings = settingsSchema.parse({});
  const code = await remove({ stateDir, settings, podmanSocket: "", flags, environment: {} });
  return { code, said: said.join("\n") };
}

test("it says goodbye, signed; the key goes, the journal is kept under another name, and a next runner misses nothing", async () => {
  const server = await aWebServer(() => GOODBYE);
  const stateDir = aNode(server.url);
  const { code, said } = await removed(stateDir);

  expect([code, said]).toEqual([0, expect.stringContaining("is removed and its key deleted")]);
  expect(server.requests).toMatchObject([{ method: "POST", path: "/runner/v1/leave", authorization: /^Bearer / }]);
  const left = readdirSync(stateDir).filter((name) => !name.startsWith("lock.db"));
  expect(left).toEqual([expect.stringMatching(/^journal-lost-\d+\.sqlite$/)]);
  const next = openJournal(stateDir, 2);
  expect(next.lost).toBe(false);
  next.close();
});

test("a node that was never started leaves too", async () => {
  const server = await aWebServer(() => GOODBYE);
  const stateDir = aStateFolder();
  writeIdentity(stateDir, anIdentity(server.url));
  expect((await removed(stateDir)).code).toBe(0);
  expect(readdirSync(stateDir).filter((name) => !name.startsWith("lock.db"))).toEqual([]);
});

test("with jobs in its journal it stays, and nobody is told", async () => {
  const server = await aWebServer(() => GOODBYE);
  const stateDir = aNode(server.url);
  const journal = openJournal(stateDir, 1);
  const now = { bootId: "boot-1", uptimeMs: 1, nowMs: 1 };
  journal.put(newAttempt({ ref: aRef({ job: "54112" }), category: "c", plan: aPlan(), gpus: [], now }));
  journal.close();
  for (const flags of [{}, { offline: true }]) {
    expect(await removed(stateDir, flags)).toEqual({ code: 1, said: expect.stringContaining("54112") });
  }
  expect([isEnrolled(stateDir), server.requests]).toEqual([true, []]);
});

test("beside a runner that works it does nothing", async () => {
  const server = await aWebServer(() => GOODBYE);
  const stateDir = aNode(server.url);
  const lock = lockStateFolder(stateDir);
  await expect(removed(stateDir)).rejects.toThrow(StateFolderInUse);
  const control = serveControl(
    stateDir,
    () => aStatus(),
    () => expect.unreachable(),
  );
  await new Promise((resolve) => control.once("listening", resolve));
  const { code, said } = await removed(stateDir);
  control.close();
  lock.release();
  expect([code, said]).toEqual([1, expect.stringMatching(/a runner works in .* \(77\): drain it, stop it/)]);
  expect([isEnrolled(stateDir), server.requests]).toEqual([true, []]);
});

test.each([
  ["jobs that only the gateway knows of", 409, '{"why":"This runner still has jobs."}', 1, "still has jobs"],
  ["a revocation", 403, '{"why":"This runner was revoked."}', 1, "was revoked"],
  ["a gateway in trouble", 503, '{"why":"later"}', 2, "--offline"],
  ["a proxy that says no", 403, "<html>", 2, "--offline"],
  ["a proxy that knows no such address", 404, "<html>", 2, "--offline"],
  ["being asked too often", 429, '{"why":"wait"}', 2, "--offline"],
])("%s: nothing is changed", async (_, status, body, code, word) => {
  const server = await aWebServer(() => ({ status, body }));
  const stateDir = aNode(server.url);
  const before = readdirSync(stateDir).toSorted();
  expect(await removed(stateDir)).toEqual({ code, said: expect.stringContaining(word) });
  expect(
    readdirSync(stateDir)
      .filter((name) => !name.startsWith("lock.db"))
      .toSorted(),
  ).toEqual(before);
});

test("where nobody answers it says so, and --offline deletes this side", async () => {
  const stateDir = aNode(NOWHERE);
  expect(await removed(stateDir)).toEqual({ code: 2, said: expect.stringContaining("does not answer") });
  expect(isEnrolled(stateDir)).toBe(true);
  expect(await removed(stateDir, { offline: true })).toEqual({ code: 0, said: expect.stringContaining("here only") });
  expect(isEnrolled(stateDir)).toBe(false);
});

test("a goodbye that was heard before is one", async () => {
  const server = await aWebServer(() => ({ status: 404, body: '{"why":"No runner is registered with this key."}' }));
  const stateDir = aNode(server.url);
  expect(await removed(stateDir)).toEqual({ code: 0, said: expect.stringContaining("does not know this runner") });
  expect(isEnrolled(stateDir)).toBe(false);
});

test("who is not enrolled cannot leave", async () => {
  await expect(removed(join(aStateFolder(), "nowhere"))).rejects.toThrow(UsageError);
});

function aStatus() {
  return {
    ...{ version: "1", runner: { id: "runner-1", name: "node-1" }, draining: false, podman: "up", closed: null },
    ...{ journalLost: false, total: { cpu: 1, memoryBytes: 1, gpu: 0 }, lines: [], foreign: [] },
    jobs: [
      {
        ref: { job: "77", incarnation: "0".repeat(16), attempt: 1, rank: 0 },
        ...{ category: "example-compute", phase: "running", gpus: [], ending: null, untold: 0 },
      },
    ],
  };
}
