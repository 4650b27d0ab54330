/** How `status` and `drain` reach the running process through its state folder, and nobody else does. */
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect, type Server } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askControl, type ControlRequest, serveControl } from "../../../runner/control-socket.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

async function served(
  folder: string,
  answer: (request: ControlRequest) => object = ({ ask }) => ({ asked: ask }),
): Promise<Server> {
  const server = serveControl(folder, answer, () => {});
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return server;
}

/** Whatever it is, and all that comes back. */
async function sayRaw(folder: string, text: string): Promise<string> {
  const socket = connect(join(folder, "control.sock"));
  let answer = "";
  socket.on("data", (data) => {
    answer += data.toString();
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

test.each<ControlRequest>([{ ask: "status" }, { ask: "drain" }])("%j is answered by the process", async (request) => {
  const folder = aStateFolder();
  await served(folder);
  expect(await askControl(folder, request)).toEqual({ asked: request.ask });
});

test("an answer of a megabyte arrives whole", async () => {
  const folder = aStateFolder();
  await served(folder, () => ({ text: "x".repeat(2 ** 20) }));
  expect(JSON.stringify(await askControl(folder, { ask: "status" }))).toHaveLength(2 ** 20 + 11);
});

test.each([
  ["short", ""],
  ["longer than a socket's may be", "d".repeat(120)],
])("a state folder whose path is %s answers, for its owner alone, until the process ends", async (_, below) => {
  const folder = join(aStateFolder(), below);
  mkdirSync(folder, { recursive: true });
  const server = await served(folder);
  expect(await askControl(folder, { ask: "drain" })).toEqual({ asked: "drain" });
  expect(statSync(join(folder, "control.sock")).mode & 0o777).toBe(0o600);
  server.close();
  await once(server, "close");
  expect(await askControl(folder, { ask: "status" })).toBeNull();
});

test("null where no runner works: no folder, no socket, a dead process's socket", async () => {
  const folder = aStateFolder();
  expect(await askControl(join(folder, "nowhere"), { ask: "status" })).toBeNull();
  expect(await askControl(folder, { ask: "status" })).toBeNull();
  writeFileSync(join(folder, "control.sock"), "");
  expect(await askControl(folder, { ask: "status" })).toBeNull();
});

test("what a dead process left behind is replaced", async () => {
  const folder = aStateFolder();
  writeFileSync(join(folder, "control.sock"), "");
  await served(folder);
  expect(await askControl(folder, { ask: "status" })).toEqual({ asked: "status" });
});

test.each(["nonsense\n", '{"ask":"shutdown"}\n', "[]\n", "null\n"])("%j is an unknown request", async (text) => {
  const folder = aStateFolder();
  await served(folder);
  expect(JSON.parse(await sayRaw(folder, text))).toEqual({ error: "unknown request" });
});

test("a line without an end is cut off at once, and the next one is answered", async () => {
  const folder = aStateFolder();
  await served(folder);
  const startedMs = performance.now();
  expect(await sayRaw(folder, "x".repeat(2_000))).toBe("");
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  expect(await askControl(folder, { ask: "status" })).toEqual({ asked: "status" });
});

test("a place where no socket can be is told, and ends nothing", async () => {
  const folder = aStateFolder();
  mkdirSync(join(folder, "taken"));
  const told = new Promise<Error>((resolve) => serveControl(join(folder, "taken", "gone"), () => ({}), resolve));
  expect(await told).toMatchObject({ code: expect.stringMatching(/^E/) });
});
