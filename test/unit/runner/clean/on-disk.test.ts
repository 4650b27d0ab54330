/** Folders of jobs and images that no runner looks after any more. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { newAttempt } from "../../../../runner/attempt/record.ts";
import { leftImages } from "../../../../runner/clean/images.ts";
import { leftFolders } from "../../../../runner/clean/on-disk.ts";
import { imagesOfLost, readJournal } from "../../../../runner/clean/own-journal.ts";
import { openJournal } from "../../../../runner/journal.ts";
import { createRemoval } from "../../../../runner/removal.ts";
import { aPlan, aRef, DAY_MS } from "../../../support/node-under-test.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

const NOW_MS = 1_800_000_000_000;
const [OURS, LOST, LIVE] = ["00112233445566aa", "ffffffffffffffff", "eeeeeeeeeeeeeeee"] as const;
const NAME = "1001-aaaaaaaaaaaaaaaa";

let base: string;
beforeEach(() => {
  base = aStateFolder();
});

/** A job's folder; `agoMs` null: nobody has noted its end. */
function aFolder({ name = NAME, owner = LOST as string, agoMs = (15 * DAY_MS) as number | null, attempt = 1 } = {}) {
  const own = join(base, name, `attempt-${attempt}-0`);
  mkdirSync(join(base, name, "work"), { recursive: true });
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "owner"), `${owner}\n`);
  writeFileSync(join(base, name, `output-${attempt}-0.log`), "");
  if (agoMs !== null) {
    writeFileSync(join(own, "ended"), `${NOW_MS - agoMs}\n`);
  }
}

function look(driveFolders: Record<string, { folder: string }> = {}) {
  const owner = { runner: "runner-1", stateFolder: OURS, stateDir: "/nowhere", inherited: [] };
  return leftFolders({
    settings: { jobsDir: base, jobsBelow: [], driveFolders },
    ...{
      workKeepMs: 14 * DAY_MS,
      claims: { owner, live: new Set([LIVE]) },
      remove: createRemoval(true),
      nowMs: NOW_MS,
    },
  });
}

test("one that a lost state folder used last goes when work-keep is over", async () => {
  aFolder();
  const [left] = await look();
  expect(left).toMatchObject({
    kind: "folder",
    name: join(base, NAME),
    found: "its job ended 15 days ago",
    kept: null,
  });
  expect(readdirSync(base)).toEqual([NAME]);
  await left?.remove();
  expect(readdirSync(base)).toEqual([]);
});

test.each<[string, () => void]>([
  ["with results younger than that", () => aFolder({ agoMs: 14 * DAY_MS - 1 })],
  ["whose end nobody has noted", () => aFolder({ agoMs: null })],
  ["in which another attempt goes on", () => [aFolder(), aFolder({ attempt: 2, agoMs: null })]],
  ["of this runner", () => aFolder({ owner: OURS })],
  ["that this runner used last", () => [aFolder({ agoMs: 20 * DAY_MS }), aFolder({ owner: OURS, attempt: 2 })]],
  ["of a runner at work", () => aFolder({ owner: LIVE })],
  ["with another name", () => aFolder({ name: "results" })],
  ["of nobody that can be named", () => aFolder({ owner: "" })],
])("a folder %s stays", async (_, make) => {
  make();
  expect(await look()).toEqual([]);
});

test("a removal that was cut off is ended, but for that of a runner at work", async () => {
  for (const owner of [LOST, LIVE, OURS]) {
    mkdirSync(join(base, `.removing-${owner}-${NAME}`));
  }
  expect((await look()).map(({ name }) => name)).toEqual([join(base, `.removing-${LOST}-${NAME}`)]);
});

test("in a drive the job's own files stay", async () => {
  aFolder();
  const [left] = await look({ "7": { folder: base } });
  await left?.remove();
  expect(readdirSync(join(base, NAME))).toEqual(["work"]);
});

test("of the journal in use its attempts and images are known, also before there is one", () => {
  const stateDir = aStateFolder();
  expect(readJournal(stateDir)).toEqual({ attempts: new Set(), images: new Set() });
  const journal = openJournal(stateDir, NOW_MS);
  const place = { folder: null, outputFolder: null };
  const now = { bootId: "b", uptimeMs: 1, nowMs: 1 };
  journal.put(newAttempt({ ref: aRef(), category: "c", plan: aPlan(), gpus: [], now, place }), aPlan());
  journal.putImage({ name: "docker.io/library/one:1", id: "a".repeat(64), usedAtMs: NOW_MS });
  const attempts = new Set(["ucloud-1001-00112233445566aa-1-0"]);
  expect(readJournal(stateDir)).toEqual({ attempts, images: new Set(["docker.io/library/one:1", "a".repeat(64)]) });
  journal.close();
});

test("images of a journal that was set aside go, unless they are used, young, known again or gone", async () => {
  const stateDir = aStateFolder();
  const journal = openJournal(stateDir, NOW_MS);
  for (const [name, days] of [
    ["old", 40],
    ["young", 10],
    ["known", 40],
    ["gone", 40],
    ["used", 40],
  ] as const) {
    journal.putImage({ name, id: `id-${name}`, usedAtMs: NOW_MS - days * DAY_MS });
  }
  journal.close();
  renameSync(join(stateDir, "journal.sqlite"), join(stateDir, "journal-lost-1.sqlite"));
  writeFileSync(join(stateDir, "journal-lost-2.sqlite"), "no journal");
  const left = await leftImages({
    engine: { removeImage: async (name) => (name === "used" ? "in-use" : "removed") },
    http: { call: async (_, path) => ({ status: path.includes("gone") ? 404 : 204, header: () => null, body: "" }) },
    ...{ fetched: imagesOfLost(stateDir), known: new Set(["id-known"]), imageKeepMs: 30 * DAY_MS, nowMs: NOW_MS },
  });
  expect(left.map(({ name, kept }) => [name, kept === null]).sort()).toEqual([
    ["old", true],
    ["used", true],
    ["young", false],
  ]);
  await left.find(({ name }) => name === "old")?.remove();
  await expect(left.find(({ name }) => name === "used")?.remove()).rejects.toThrow("a container has it");
  expect(existsSync(join(stateDir, "journal-lost-1.sqlite"))).toBe(true);
});
