/** Containers and networks that no runner owns: what is provably nobody's, and what is not. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Looked, leftInPodman } from "../../../../runner/clean/in-podman.ts";
import type { ContainerFacts } from "../../../../runner/engine/engine.ts";
import { LABELS } from "../../../../runner/engine/labels.ts";
import type { PodmanHttp } from "../../../../runner/engine/podman-http.ts";
import { writeIdentity } from "../../../../runner/identity.ts";
import { type Owner, stateFolderId } from "../../../../runner/ownership.ts";
import { anIdentity } from "../../../support/runner/connection-under-test.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

const NOW_MS = 1_000_000_000_000;
const LOST = "ffffffffffffffff";
const NAME = "ucloud-1001-00112233445566aa-1-0";

let removed: string[];
let known: Set<string>;
let live: Set<string>;
let owner: Owner;

beforeEach(() => {
  removed = [];
  known = new Set();
  live = new Set();
  owner = { runner: "runner-9", stateFolder: "00112233445566aa", stateDir: "/nowhere", inherited: [] };
});

function labels(change: Record<string, string | undefined> = {}): Record<string, string> {
  const all = {
    [LABELS.runner]: "runner-1",
    [LABELS.stateFolder]: LOST,
    [LABELS.stateDir]: join(aStateFolder(), "gone"),
    ...change,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

function aContainer(
  given: Record<string, string | undefined> = {},
  status: ContainerFacts["status"] = "exited",
): ContainerFacts {
  return {
    ...{ name: NAME, labels: labels(given), status, pid: 0, startedAtPodman: 1, finishedAtPodman: NOW_MS - 1_000 },
    ...{ exitCode: 0, oom: false, imageDigest: null },
  };
}

function look(
  containers: ContainerFacts[],
  { networks = [], probes = [], running = false }: { networks?: object[]; probes?: object[]; running?: boolean } = {},
) {
  const http: Pick<PodmanHttp, "call"> = {
    call: async (_, path) => {
      const body = JSON.stringify(path.startsWith("/networks") ? networks : probes);
      return { status: 200, header: () => null, body };
    },
  };
  const engine: Looked["engine"] = {
    list: async () => containers,
    remove: async (name) => void removed.push(name),
  };
  const claims = { owner, live };
  return leftInPodman({ engine, http, claims, known: () => known, running, nowMs: NOW_MS });
}

/** A state folder that is there, enrolled as `runner-1`. */
function aFolderThere(): { dir: string; id: string } {
  const dir = aStateFolder();
  writeIdentity(dir, anIdentity("https://gateway.example"));
  return { dir, id: stateFolderId(dir) };
}

test("one that has ended, of a state folder that is gone, goes", async () => {
  const [left] = await look([aContainer()]);
  expect(left).toMatchObject({ kind: "container", name: NAME, found: "exited, of runner runner-1", kept: null });
  await left?.remove();
  expect(removed).toEqual([NAME]);
});

test("one that runs goes only where that is wanted", async () => {
  expect((await look([aContainer({}, "running")]))[0]?.kept).toBe("it may run; --running takes it too");
  expect((await look([aContainer({}, "other")]))[0]?.kept).toBe("it may run; --running takes it too");
  expect((await look([aContainer({}, "running")], { running: true }))[0]?.kept).toBeNull();
});

test("what this runner made, inherited or has in its journal is not even listed", async () => {
  const own = aContainer({ [LABELS.runner]: owner.runner, [LABELS.stateFolder]: owner.stateFolder });
  expect(await look([own])).toEqual([]);
  owner = { ...owner, inherited: [LOST] };
  expect(await look([aContainer({ [LABELS.runner]: owner.runner })])).toEqual([]);
  known = new Set([NAME]);
  expect(await look([aContainer()])).toEqual([]);
});

test("one that this runner has taken up since the look stays", async () => {
  const [left] = await look([aContainer()]);
  known = new Set([NAME]);
  await expect(left?.remove()).rejects.toThrow("taken it up");
  expect(removed).toEqual([]);
});

test("one whose state folder has a runner at work stays, wherever it lies", async () => {
  live = new Set([LOST]);
  expect((await look([aContainer()], { running: true }))[0]?.kept).toBe("a runner works in its state folder");
});

test("one whose runner only rests stays, until its folder is another's", async () => {
  const { dir, id } = aFolderThere();
  const given = { [LABELS.stateFolder]: id, [LABELS.stateDir]: dir };
  expect((await look([aContainer(given)]))[0]?.kept).toBe(`its state folder is ${dir}`);
  // Enrolled anew under another name, or made anew at the same place.
  expect((await look([aContainer({ ...given, [LABELS.runner]: "runner-2" })]))[0]?.kept).toBeNull();
  expect((await look([aContainer({ ...given, [LABELS.stateFolder]: LOST })]))[0]?.kept).toBeNull();
});

test("a damaged identity may be anybody's", async () => {
  const { dir, id } = aFolderThere();
  writeFileSync(join(dir, "identity.json"), "{");
  expect((await look([aContainer({ [LABELS.stateFolder]: id, [LABELS.stateDir]: dir })]))[0]?.kept).not.toBeNull();
});

test.each<[string, string | undefined]>([
  ["of an earlier version, which says no place", undefined],
  ["with a place that is none", "state"],
])("one %s stays", async (_, dir) => {
  const [left] = await look([aContainer({ [LABELS.stateDir]: dir })]);
  expect(left?.kept).toBe("it does not say where its state folder lay");
});

test("one whose state folder cannot be looked at stays", async () => {
  const dir = `/${"x".repeat(300)}`;
  expect((await look([aContainer({ [LABELS.stateDir]: dir })]))[0]?.kept).toMatch("cannot be looked at");
});

test("with the container the end of its attempt is noted, so that its folder goes in time, unless others can write there", async () => {
  const folder = join(aStateFolder(), "1001-00112233445566aa");
  const own = join(folder, "attempt-1-0");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "owner"), `${LOST}\n`);
  const whole = {
    ...{ [LABELS.job]: "1001", [LABELS.incarnation]: "00112233445566aa", [LABELS.attempt]: "1", [LABELS.rank]: "0" },
    ...{ [LABELS.category]: "c", "dev.ucloud.generation": "g", [LABELS.bootId]: "b", [LABELS.wallMs]: "1" },
    ...{ [LABELS.stopGraceMs]: "1", [LABELS.maxSilenceMs]: "", [LABELS.cpu]: "1", [LABELS.memoryBytes]: "1" },
    ...{ [LABELS.gpus]: "", [LABELS.output]: "edge", [LABELS.folder]: folder },
  };
  const [left] = await look([aContainer(whole)]);
  chmodSync(own, 0o777);
  await left?.remove();
  expect(existsSync(join(own, "ended"))).toBe(false);
  chmodSync(own, 0o700);
  await left?.remove();
  expect(readFileSync(join(own, "ended"), "utf8")).toBe(`${NOW_MS - 1_000}\n`);
});

test("a network goes by the same rules, and with its container where there is one", async () => {
  const networks = [
    { name: NAME, labels: labels() },
    { name: "ucloud-1002", labels: labels() },
    { name: "ucloud-1003", labels: labels({ [LABELS.stateDir]: undefined }) },
    { name: "ucloud-own", labels: labels({ [LABELS.runner]: owner.runner, [LABELS.stateFolder]: owner.stateFolder }) },
    { name: "podman" },
  ];
  const left = await look([aContainer()], { networks });
  expect(left.map(({ kind, name, kept }) => [kind, name, kept === null])).toEqual([
    ["container", NAME, true],
    ["network", "ucloud-1002", true],
    ["network", "ucloud-1003", false],
  ]);
});

test("a look that was cut off an hour ago has left its container, a newer one may go on", async () => {
  const probe = (name: string, agoMs: number) => ({ Names: [name], Created: new Date(NOW_MS - agoMs).toISOString() });
  const left = await look([], { probes: [probe("ucloud-probe-1", 3_600_000), probe("ucloud-doctor-2", 3_500_000)] });
  expect(left).toMatchObject([{ kind: "container", name: "ucloud-probe-1", kept: null }]);
});
