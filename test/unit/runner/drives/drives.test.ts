/** Which folder a drive is, whether it is served, and to whom. */
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DriveSettings, Drives } from "../../../../runner/drives/drives.ts";
import { conflictOf, realPlace } from "../../../../runner/drives/places.ts";
import { servedDrives } from "../../../../runner/drives/report.ts";
import type { Drive } from "../../../../runner/settings.ts";
import { REAL_TIMERS } from "../../../../runner/timers.ts";
import { aMount, aPlan } from "../../../support/plan.ts";

let base: string;
let logged: object[];

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "ucloud-drives-")));
  logged = [];
  for (const name of ["state/jobs", "drives/1", "drives/2", "drives/.hidden", "special"]) {
    mkdirSync(join(base, name), { recursive: true });
  }
  writeFileSync(join(base, "drives", "file"), "");
  symlinkSync("/", join(base, "drives", "link"));
});
afterEach(() => rmSync(base, { recursive: true }));

function aDrive(folder: string, given: Partial<Drive> = {}): Drive {
  return { folder: join(base, folder), readOnly: false, umask: "0007", ...given };
}

function open(settings: DriveSettings, graphRoot: string | null = join(base, "storage")): Promise<Drives> {
  const places = { jobsDir: join(base, "state", "jobs"), stateDir: join(base, "state"), graphRoot };
  const keep = (fields: object) => logged.push(fields);
  return Drives.open({ settings, places, timers: REAL_TIMERS, log: { info: keep, warn: keep, error: keep } });
}

const ids = (drives: Drives) => drives.served().map(({ id }) => id);
const using = (drive: string, workspace = "user:alice") => aPlan({ mounts: [aMount({ drive })], workspace });

describe("which folder", () => {
  test("a drive is its own folder, else the one of its id below that of `*`, if it is there", async () => {
    const drives = await open({ "12": aDrive("special"), "*": aDrive("drives") });
    expect(ids(drives)).toEqual(["12", "1", "2"]);
    const locate = (drive: string) => drives.locate({ mounts: [aMount({ drive, path: "" })] });
    expect((await locate("12"))?.mounts[0]?.source).toBe(join(base, "special"));
    expect((await locate("1"))?.mounts[0]?.source).toBe(join(base, "drives", "1"));
    await expect(locate("3")).rejects.toMatchObject({ failure: { code: "drive_unavailable" } });
    await expect(locate("link")).rejects.toMatchObject({ failure: { code: "drive_unavailable" } });
  });

  test("a drive that is named and not there is not looked for below `*`", async () => {
    const drives = await open({ "1": aDrive("none"), "*": aDrive("drives") });
    expect(ids(drives)).toEqual(["2"]);
    expect(drives.refusal(using("1"))).toMatchObject({ code: "drive_unavailable" });
  });

  test("names of JavaScript's own are no drives", async () => {
    const drives = await open({ "12": aDrive("special") });
    expect(drives.refusal(using("constructor"))).toMatchObject({ code: "drive_unavailable" });
  });

  test("folders come and go while the runner works, and a missing one is said once", async () => {
    const drives = await open({ "8": aDrive("later"), "*": aDrive("drives") });
    expect(drives.status()).toMatchObject([{ id: "8", trouble: "there is no such folder" }, { trouble: null }]);
    mkdirSync(join(base, "later"));
    mkdirSync(join(base, "drives", "3"));
    rmdirSync(join(base, "drives", "1"));
    await drives.look(null);
    expect(ids(drives)).toEqual(["8", "2", "3"]);
    rmdirSync(join(base, "later"));
    await drives.look(null);
    await drives.look(null);
    expect(ids(drives)).toEqual(["2", "3"]);
    expect(logged).toEqual([
      { drive: "8", trouble: "there is no such folder" },
      { drive: "8", trouble: "there is no such folder" },
    ]);
  });

  test("a link that the operator set is followed once: where it leads later changes nothing", async () => {
    symlinkSync(join(base, "special"), join(base, "link"));
    const drives = await open({ "12": aDrive("link") });
    rmSync(join(base, "link"));
    symlinkSync("/etc", join(base, "link"));
    await drives.look(null);
    const use = await drives.locate({ mounts: [aMount({ path: "" })] });
    expect(use?.mounts[0]?.source).toBe(join(base, "special"));
  });
});

describe("where none may lie", () => {
  const places = { jobsDir: "/data/jobs", stateDir: "/var/state", graphRoot: "/var/storage" };
  const others = new Map([["9", "/srv/nine"]]);

  test.each([
    ["/srv/seven", null],
    ["/srv/nine-two", null],
    ["/data", null],
    ["/data/jobs", "it lies in jobs-dir"],
    ["/data/jobs/x", "it lies in jobs-dir"],
    ["/var/state/x", "it lies in the state folder or contains it"],
    ["/var", "it lies in the state folder or contains it"],
    ["/", "it lies in the state folder or contains it"],
    ["/var/storage/overlay", "it lies in Podman's storage or contains it"],
    ["/srv", "it lies in the folder of drive 9 or contains it"],
    ["/srv/nine/x", "it lies in the folder of drive 9 or contains it"],
  ])("%s: %s", (folder, conflict) => {
    expect(conflictOf(folder, others, places)).toBe(conflict);
  });

  test("a start with such a drive ends with the setting's name", async () => {
    await expect(open({ "12": aDrive("state/x"), "8": aDrive("state") })).rejects.toThrow(
      "drives.8.folder: it lies in",
    );
    symlinkSync(join(base, "drives", "1"), join(base, "hidden"));
    await expect(open({ "12": aDrive("hidden"), "*": aDrive("drives") })).rejects.toThrow(/^drives\.(12|\*)\.folder: /);
  });

  test("where Podman tells of its storage later, the drive is no longer served", async () => {
    const drives = await open({ "12": aDrive("special") }, null);
    expect(ids(drives)).toEqual(["12"]);
    await drives.look(join(base, "special", "storage"));
    expect(ids(drives)).toEqual([]);
    expect(drives.status()).toMatchObject([{ trouble: "it lies in Podman's storage or contains it" }]);
  });

  test("a place that is not there yet is where its parents really are", async () => {
    symlinkSync(join(base, "special"), join(base, "link"));
    expect(await realPlace(join(base, "link", "a", "b"))).toBe(join(base, "special", "a", "b"));
  });
});

describe("for whom", () => {
  test("a job of another workspace is refused", async () => {
    const drives = await open({ "12": aDrive("special", { workspaces: ["project:x"] }), "*": aDrive("drives") });
    expect(drives.refusal(using("12"))).toEqual({ code: "drive_not_allowed", detail: "drive 12" });
    expect(drives.refusal(using("12", "project:x"))).toBeNull();
    expect(drives.refusal(using("1"))).toBeNull();
    expect(drives.refusal(using("3"))).toEqual({ code: "drive_unavailable", detail: "drive 3" });
    expect(drives.refusal(aPlan())).toBeNull();
  });

  test("the gateway is told of them, and of `*` itself where they are too many", () => {
    const settings = new Map([
      ["12", aDrive("special", { workspaces: ["project:x"] })],
      ["*", aDrive("drives", { workspaces: ["user:alice"] })],
    ]);
    const all = (count: number) => {
      const found = new Set(Array.from({ length: count }, (_, index) => String(1000 + index)));
      return servedDrives(settings, { named: new Map([["12", "/x"]]), all: { folder: "/y", ids: found } });
    };
    expect(all(2)).toEqual([
      { id: "12", workspaces: ["project:x"] },
      { id: "1000", workspaces: ["user:alice"] },
      { id: "1001", workspaces: ["user:alice"] },
    ]);
    expect(all(399)).toHaveLength(400);
    expect(all(400)).toEqual([
      { id: "12", workspaces: ["project:x"] },
      { id: "*", workspaces: ["user:alice"] },
    ]);
    const many = Array.from({ length: 20 }, (_, index) => `project:${index}${"x".repeat(200)}`);
    settings.set("*", aDrive("drives", { workspaces: many }));
    expect(all(20)).toHaveLength(2);
  });

  test("readOnly of job or drive, every group, and the strictest umask", async () => {
    const drives = await open({
      "12": aDrive("special", { readOnly: true, gid: 500, umask: "027" }),
      "*": aDrive("drives", { gid: 501, umask: "0002" }),
    });
    const mounts = [
      aMount({ path: "" }),
      aMount({ drive: "1", path: "", destination: "/work/1" }),
      aMount({ drive: "2", path: "", destination: "/work/2", readOnly: true }),
    ];
    const use = await drives.locate({ mounts });
    expect(use?.mounts.map(({ readOnly }) => readOnly)).toEqual([true, false, true]);
    expect(use).toMatchObject({ groups: [500, 501], umask: "0027" });
  });

  test.each(["/work", "/", "/work/../etc", "/a//b", "/a/."])("nothing is mounted at %s", async (destination) => {
    const drives = await open({ "12": aDrive("special") });
    const mounts = [aMount({ path: "", destination })];
    await expect(drives.locate({ mounts })).rejects.toMatchObject({ failure: { code: "file_not_usable" } });
  });
});
