/**
 * The doctor's look at the drives: each is mounted into a container and asked for its rights there, as the job's user,
 * because only so it shows what user namespaces, network file systems and parent folders make of them. Nothing is
 * written into a drive; the container and its folder go again.
 */
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import type { JobPlan } from "../shared/plan.ts";
import type { Command } from "./commands/command.ts";
import type { Finding } from "./doctor.ts";
import { DOCTOR, doctorEngine, QUIET } from "./doctor-engine.ts";
import { Drives } from "./drives/drives.ts";
import { type DriveUse, type Engine, EngineError, type ImageFacts } from "./engine/engine.ts";
import { PROBE_LABEL } from "./engine/labels.ts";
import { createPodmanHttp, parseAnswer } from "./engine/podman-http.ts";
import { getent, type JobUser, jobUserOf } from "./job-user.ts";
import { parseJobsDir } from "./jobs-dir.ts";
import { podmanUser } from "./podman-socket.ts";
import { REAL_TIMERS } from "./timers.ts";
import { UsageError } from "./usage-error.ts";

/** Of the drives below `*`: the first few show what the others are like. */
const TRIED_OF_ALL = 3;
const IMAGES_TRIED = 5;
const TRY_MS = 30_000;
const UNREADABLE = 21;
const UNWRITABLE = 22;
const SCRIPT = `test -r /drive && test -x /drive && ls /drive > /dev/null || exit ${UNREADABLE}`;
const imagesSchema = z.array(z.object({ RepoTags: z.array(z.string()).nullish() }));

type Bench = { engine: Engine; image: ImageFacts; user: JobUser; isRootless: boolean };

export async function checkDrives(command: Command): Promise<Finding[]> {
  const { settings } = command;
  if (Object.keys(settings.drives).length === 0) {
    return [];
  }
  const engine = doctorEngine(command);
  const drives = await openDrives(command, engine);
  if (!(drives instanceof Drives)) {
    return [drives];
  }
  const missing = drives.status().flatMap(({ id, folder, trouble }) => {
    const advice = "Mount it or correct drives in the config file; jobs that use it go to other machines.";
    return trouble === null ? [] : [bad(`${id}: ${folder}: ${trouble}`, advice)];
  });
  return [...missing, ...(await tryDrives(command, drives, engine))];
}

async function openDrives({ settings, stateDir }: Command, engine: Engine): Promise<Drives | Finding> {
  const info = await engine.info().catch(() => null);
  try {
    const { base: jobsDir } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
    const places = { jobsDir, stateDir, graphRoot: info?.graphRoot ?? null };
    return await Drives.open({ settings: settings.drives, places, timers: REAL_TIMERS, log: QUIET });
  } catch (error) {
    if (error instanceof UsageError) {
      return bad(error.message, "Change the setting in the config file.");
    }
    throw error;
  }
}

async function tryDrives({ settings, podmanSocket }: Command, drives: Drives, engine: Engine): Promise<Finding[]> {
  const isRootless = podmanUser(podmanSocket) !== 0;
  const user = await jobUserOf(settings["job-user"], isRootless, getent).catch(() => null);
  const image = await findImage(engine, podmanSocket);
  if (user === null || image === null) {
    const why = user === null ? "nobody knows the job's user" : "Podman has no image with a shell";
    return [{ check: "drives", ok: true, found: `not tried from a container: ${why}`, advice: "" }];
  }
  const served = drives.served().map(({ id }) => id);
  const named = served.filter((id) => Object.hasOwn(settings.drives, id));
  const others = served.filter((id) => !named.includes(id) && id !== "*").slice(0, TRIED_OF_ALL);
  const findings: Finding[] = [];
  for (const id of [...named, ...others]) {
    findings.push(await tryDrive(id, drives, { engine, image, user, isRootless }));
  }
  return findings;
}

async function tryDrive(id: string, drives: Drives, bench: Bench): Promise<Finding> {
  const { user, isRootless } = bench;
  const as = `${user.uid}:${user.gid}`;
  const how = isRootless ? `podman unshare chown ${as} FOLDER` : `chown ${as} FOLDER`;
  try {
    const mount = { drive: id, path: "", destination: "/drive", readOnly: false };
    const use = await drives.locate({ mounts: [mount] });
    switch (use === null ? 0 : await runIn(bench, use)) {
      case 0:
        return { check: "drives", ok: true, found: `${id}: usable as ${as}`, advice: "" };
      case UNREADABLE:
        return bad(
          `${id}: cannot be listed as ${as}`,
          `Give it to the job's user (${how}), or to a group and set gid.`,
        );
      case UNWRITABLE:
        return bad(`${id}: cannot be written as ${as}`, `As above (${how}), or set readOnly.`);
      default:
        return bad(`${id}: could not be tried`, "The container ended by itself: look at Podman's own log.");
    }
  } catch (error) {
    const code = error instanceof EngineError ? error.failure.code : "podman_failed";
    const advice =
      "Podman's own user must reach the folder; for network file systems see Drives in docs/operations.md.";
    return bad(`${id}: cannot be mounted (${code})`, advice);
  }
}

/** The exit code of the look. */
async function runIn({ engine, image, user, isRootless }: Bench, use: DriveUse): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "ucloud-doctor-"));
  const name = `ucloud-doctor-${randomBytes(8).toString("hex")}`;
  const workFolder = join(folder, "work");
  const isReadOnly = use.mounts.every(({ readOnly }) => readOnly);
  const script = isReadOnly ? SCRIPT : `${SCRIPT}; test -w /drive || exit ${UNWRITABLE}`;
  try {
    await mkdir(workFolder);
    await (isRootless ? chmod(workFolder, 0o777) : chown(workFolder, user.uid, user.gid));
    await engine.create({
      ...{ name, image, workFolder, user, files: [], gpuDevices: [], drives: use },
      labels: { [PROBE_LABEL]: DOCTOR },
      plan: aPlan(image.name, ["sh", "-c", script]),
      logFile: join(folder, "output.log"),
      logCapBytes: 1024 * 1024,
    });
    await engine.start(name, TRY_MS);
    return await engine.wait(name, AbortSignal.timeout(TRY_MS));
  } finally {
    await engine.remove(name).catch(() => {});
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Any that is here and has a shell; none is pulled. */
async function findImage(engine: Engine, podmanSocket: string): Promise<ImageFacts | null> {
  try {
    const answer = await createPodmanHttp(podmanSocket).call("GET", "/images/json", { deadlineMs: TRY_MS });
    const names = parseAnswer(imagesSchema, answer).flatMap(({ RepoTags }) => RepoTags ?? []);
    for (const name of names.slice(0, IMAGES_TRIED)) {
      const options = { signal: AbortSignal.timeout(TRY_MS), progress: () => {} };
      const image = await engine.prepareImage(aPlan(name, ["sh"]), options).catch(() => null);
      if (image !== null) {
        return image;
      }
    }
    return null;
  } catch {
    return null;
  }
}

function aPlan(image: string, argv: string[]): JobPlan {
  return {
    ...{ image, argv, environment: {}, workingDirectory: null, asRoot: false, gpuKind: null, network: "none" },
    resources: { cpu: 1, memoryBytes: 256 * 2 ** 20, gpu: 0 },
    ...{ wallMs: TRY_MS, stopGraceMs: 0, maxSilenceMs: null, output: "site", workspace: "" },
    application: { name: "doctor", version: "1" },
    product: { name: "doctor", category: "doctor" },
  };
}

function bad(found: string, advice: string): Finding {
  return { check: "drives", ok: false, found, advice };
}
