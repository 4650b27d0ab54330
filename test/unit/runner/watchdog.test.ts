/** What systemd is told, by a program of its name that writes down its words. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNotifier, isWell } from "../../../runner/watchdog.ts";
import { ManualClock, until } from "../../support/manual-clock.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const PATH = process.env.PATH;
const SYSTEMD = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: "120000000" };
let words: string;

beforeEach(() => {
  const folder = aStateFolder();
  words = join(folder, "words");
  writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\necho "$@" >> "${words}"\n`, { mode: 0o755 });
  process.env.PATH = `${folder}${delimiter}${PATH}`;
});
afterEach(() => {
  process.env.PATH = PATH;
});

function said(): string[] {
  const text = existsSync(words) ? readFileSync(words, "utf8") : "";
  return text.split("\n").filter((one) => one !== "");
}

async function heard(count: number): Promise<string[]> {
  await until(() => said().length >= count, `${count} words to systemd`);
  return said();
}

test("systemd hears that it is ready, and that it stops", async () => {
  const notifier = createNotifier(SYSTEMD, new ManualClock());
  notifier.ready();
  expect(await heard(1)).toEqual(["--ready"]);
  notifier.stopping();
  expect(await heard(2)).toEqual(["--ready", "--stopping"]);
});

test("the watchdog is fed at once and twice per period, as long as all is well", async () => {
  const clock = new ManualClock();
  let well = true;
  createNotifier(SYSTEMD, clock).watch(() => well);
  expect(await heard(1)).toEqual(["WATCHDOG=1"]);
  await clock.advance(60_000);
  await heard(2);
  well = false;
  await clock.advance(600_000);
  well = true;
  await clock.advance(60_000);
  expect(await heard(3)).toHaveLength(3);
});

test.each([
  ["outside systemd", {}],
  ["with an empty socket", { NOTIFY_SOCKET: "", WATCHDOG_USEC: "120000000" }],
])("%s nobody is told anything", async (_, environment) => {
  const clock = new ManualClock();
  const notifier = createNotifier(environment, clock);
  notifier.ready();
  let looks = 0;
  notifier.watch(() => {
    looks += 1;
    return true;
  });
  await clock.advance(600_000);
  expect(looks).toBe(0);
  createNotifier(SYSTEMD, clock).stopping();
  expect(await heard(1)).toEqual(["--stopping"]);
});

test.each([undefined, "", "0", "soon"])("without a period (%j) there is nothing to feed", async (usec) => {
  const clock = new ManualClock();
  let looks = 0;
  createNotifier({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: usec }, clock).watch(() => {
    looks += 1;
    return true;
  });
  await clock.advance(600_000);
  expect(looks).toBe(0);
});

const line = (connected: boolean, lastHeardMs: number | null) => ({
  ...{ connected, lastHeardMs, patienceMs: 60 },
});

test.each([
  ["a line that was heard lately", true, [line(true, 900)]],
  ["a line that is silent for longer than a living one can be, and believed in", false, [line(true, 899)]],
  ["a line that is known to be down", true, [line(false, 1)]],
  ["a line that was never heard", true, [line(true, null)]],
  ["one silent line of two", false, [line(true, 950), line(true, 0)]],
  ["no line at all", true, []],
])("with %s the process is well: %s", (_, well, lines) => {
  expect(isWell(lines, 1_000, 40)).toBe(well);
});
