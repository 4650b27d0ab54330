/** Folders of jobs that ended long enough ago go; everything else in their place stays. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findFolder, type Job } from "../../../runner/folders-of-jobs.ts";
import { createRemoval, type Remove } from "../../../runner/removal.ts";
import { Sweep } from "../../../runner/sweep.ts";
import { ManualClock, quiet, until } from "../../support/manual-clock.ts";
import { DAY_MS } from "../../support/node-under-test.ts";

const OURS = "00112233445566aa";
const JOB = { job: "1001", incarnation: "aaaaaaaaaaaaaaaa" };
const NAME = "1001-aaaaaaaaaaaaaaaa";
const HOUR_MS = 3_600_000;

let base: string;
let clock: ManualClock;
let log: { fields: object; message: string }[];
let held: Job[];
const sweeps: Sweep[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-sweep-"));
  clock = new ManualClock();
  log = [];
  held = [];
});
afterEach(() => {
  for (const sweep of sweeps.splice(0)) {
    sweep.close();
  }
  rmSync(base, { recursive: true, force: true });
});

type Given = { owner?: string; agoMs?: number | null; attempt?: number; at?: string };

/** A job that has ended here; `agoMs` null: nobody noted that it did. */
function aFolder(name: string, { owner = OURS, agoMs = 15 * DAY_MS, attempt = 1, at = base }: Given = {}): string {
  const folder = join(at, name);
  const own = join(folder, `attempt-${attempt}-0`);
  mkdirSync(own, { recursive: true });
  mkdirSync(join(folder, "work", "deep"), { recursive: true });
  writeFileSync(join(folder, "work", "deep", "result"), "");
  writeFileSync(join(own, "owner"), `${owner}\n`);
  if (agoMs !== null) {
    writeFileSync(join(own, "ended"), `${clock.nowMs() - agoMs}\n`);
  }
  return folder;
}

function sweeping({
  jobsBelow = [] as string[],
  workKeepMs = 14 * DAY_MS,
  driveFolders = {} as Record<string, { folder: string }>,
  remove = createRemoval(true) as Remove,
} = {}) {
  const lines = log;
  const keep = (fields: object, message: string) => lines.push({ fields, message });
  const sweep = new Sweep({
    settings: { jobsDir: base, jobsBelow, driveFolders, workKeepMs },
    ...{ stateFolder: OURS, timers: clock, log: { info: keep, warn: keep, error: keep }, remove },
    nowMs: () => clock.nowMs(),
    isHeld: ({ job }) => held.some((one) => one.job === job),
  });
  sweeps.push(sweep);
  return sweep;
}

test("in a drive the job's own files stay: UCloud shows them as its user's", async () => {
  const folder = aFolder(NAME);
  for (const name of ["output-1-0.log", "notes"]) {
    writeFileSync(join(folder, name), "");
  }
  await sweeping({ driveFolders: { "7": { folder: base } } }).sweep();
  expect(readdirSync(folder).sort()).toEqual(["notes", "work"]);
  expect(existsSync(join(folder, "work", "deep", "result"))).toBe(true);
});

test("a folder goes when its time is over, and not before", async () => {
  aFolder(NAME, { agoMs: 14 * DAY_MS - HOUR_MS });
  const sweep = sweeping();
  await sweep.sweep();
  expect(readdirSync(base)).toEqual([NAME]);
  await clock.advance(HOUR_MS);
  await sweep.sweep();
  expect(readdirSync(base)).toEqual([]);
});

test("it looks at the start and every hour", async () => {
  aFolder(NAME);
  sweeping().begin();
  await until(() => clock.waiting > 0, "the rest after it");
  expect(readdirSync(base)).toEqual([]);
  aFolder(NAME);
  await clock.advance(HOUR_MS);
  await until(() => readdirSync(base).length === 0, "the second removal");
});

test.each<[string, () => void]>([
  ["of a job that is held", () => held.push(JOB) && aFolder(NAME)],
  ["of another runner", () => aFolder(NAME, { owner: "ffeeddccbbaa0011" })],
  ["that another runner uses", () => aFolder(NAME) && aFolder(NAME, { owner: "ff", attempt: 2, agoMs: null })],
  [
    "that another runner used last",
    () => aFolder(NAME) && aFolder(NAME, { owner: "ff", attempt: 2, agoMs: 14.5 * DAY_MS }),
  ],
  ["of an earlier version", () => mkdirSync(join(base, NAME, "work"), { recursive: true })],
  ["with another name", () => aFolder("results")],
  ["with a name that is almost a job's", () => aFolder("1001-aaaaaaaaaaaaaaa")],
  ["that others may change", () => chmodSync(aFolder(NAME), 0o777)],
  ["that another runner is removing", () => aFolder(`.removing-ffeeddccbbaa0011-${NAME}`)],
])("a folder %s stays", async (_, make) => {
  make();
  const before = readdirSync(base);
  await sweeping().sweep();
  expect(readdirSync(base)).toEqual(before);
});

test("a link with a job's name stays, and so does what it leads to", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "ucloud-elsewhere-"));
  aFolder(NAME, { at: elsewhere });
  symlinkSync(join(elsewhere, NAME), join(base, NAME));
  await sweeping().sweep();
  expect(existsSync(join(elsewhere, NAME, "work", "deep", "result"))).toBe(true);
  expect(readdirSync(base)).toEqual([NAME]);
  rmSync(elsewhere, { recursive: true });
});

test("what a job linked to stays", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "ucloud-elsewhere-"));
  writeFileSync(join(elsewhere, "precious"), "");
  symlinkSync(elsewhere, join(aFolder(NAME), "work", "link"));
  await sweeping().sweep();
  expect(readdirSync(base)).toEqual([]);
  expect(readdirSync(elsewhere)).toEqual(["precious"]);
  rmSync(elsewhere, { recursive: true });
});

test("an end that could not be noted is noted by the sweep, and counts from then", async () => {
  const folder = aFolder(NAME, { agoMs: null });
  const sweep = sweeping();
  await sweep.sweep();
  expect(readFileSync(join(folder, "attempt-1-0", "ended"), "utf8")).toBe(`${clock.nowMs()}\n`);
  await clock.advance(13 * DAY_MS);
  await sweep.sweep();
  expect(existsSync(folder)).toBe(true);
  await clock.advance(DAY_MS);
  await sweep.sweep();
  expect(existsSync(folder)).toBe(false);
});

test("a removal that was cut off goes on", async () => {
  aFolder(`.removing-${OURS}-${NAME}`);
  await sweeping().sweep();
  expect(readdirSync(base)).toEqual([]);
});

test("where nothing is kept a folder goes when its job is over", async () => {
  const sweep = sweeping({ workKeepMs: 0 });
  sweep.begin();
  await quiet();
  aFolder(NAME, { agoMs: 0 });
  sweep.jobClosed();
  await until(() => readdirSync(base).length === 0, "the removal");
});

test("a folder that cannot be removed is logged once, and tried again each time", async () => {
  aFolder(NAME);
  let tries = 0;
  const remove = async () => {
    tries += 1;
    throw new Error("busy");
  };
  const sweep = sweeping({ remove });
  await sweep.sweep();
  const before = tries;
  await sweep.sweep();
  expect(tries).toBeGreaterThan(before);
  expect(log).toEqual([{ fields: { folder: NAME, error: "Error" }, message: "folder.not_removed" }]);
});

test("below a template only what lies as deep as jobs do is looked at", async () => {
  const jobsBelow = ["{user}", "jobs"];
  const alice = join(base, "alice", "jobs");
  aFolder(NAME, { at: alice });
  const others = [
    aFolder(NAME),
    aFolder(NAME, { at: join(base, "alice") }),
    aFolder(NAME, { at: join(base, "bob", "own") }),
  ];
  expect(await findFolder({ jobsDir: base, jobsBelow, driveFolders: {} }, JOB)).toBe(join(alice, NAME));
  await sweeping({ jobsBelow }).sweep();
  expect(existsSync(join(alice, NAME))).toBe(false);
  expect(others.map((path) => existsSync(path))).toEqual([true, true, true]);
  expect(await findFolder({ jobsDir: base, jobsBelow, driveFolders: {} }, JOB)).toBeNull();
});
