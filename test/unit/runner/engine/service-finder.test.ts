/** Which process answers on a socket, by the kernel's own tables. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ServiceFinder } from "../../../../runner/engine/service-proof.ts";

const LISTEN = `
  process.title = process.argv[2];
  setInterval(() => {}, 1000);
  const server = require("node:net").createServer().listen(process.argv[1], () => console.log("listening"));
  process.on("SIGUSR2", () => server.close(() => console.log("left")))`;

let folder: string;
let socket: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-service-"));
  socket = join(folder, "podman.sock");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** A process of this name that listens there, as the kernel has it. */
async function listener(name: string): Promise<ChildProcess> {
  rmSync(socket, { force: true });
  const child = spawn(process.execPath, ["-e", LISTEN, socket, name], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout ?? child, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("it is found, again too, and so is another one that took its place", async () => {
  const finder = new ServiceFinder(socket);
  expect(await finder.find()).toBeNull();
  const first = await listener("podman");
  const found = await finder.find();
  expect(found).toMatchObject({ pid: String(first.pid), startTicks: expect.stringMatching(/^\d+$/) });
  expect(await finder.find()).toEqual(found);
  await kill(first);
  expect(await finder.find()).toBeNull();
  const second = await listener("podman");
  expect((await finder.find())?.pid).toBe(String(second.pid));
});

test("one that still lives and has left the socket to another is it no more", async () => {
  const finder = new ServiceFinder(socket);
  const first = await listener("podman");
  await finder.find();
  first.kill("SIGUSR2");
  await once(first.stdout ?? first, "data");
  const second = await listener("podman");
  expect((await finder.find())?.pid).toBe(String(second.pid));
});

test("only a process called podman counts: systemd holds the socket too", async () => {
  await listener("systemd");
  expect(await new ServiceFinder(socket).find()).toBeNull();
});
