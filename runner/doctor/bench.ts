/**
 * Where the doctor tries things: containers made as those of jobs are, from an image of this machine's own shell, each
 * for one script. Image, containers and folders go again.
 */
import { chmod, chown, mkdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import type { JobPlan } from "../../shared/plan.ts";
import { type DriveUse, type Engine, EngineError, type ImageFacts } from "../engine/engine.ts";
import { PROBE_LABEL } from "../engine/labels.ts";
import { type PodmanHttp, parseAnswer } from "../engine/podman-http.ts";
import { getent, type JobUser, jobUserOf } from "../job-user.ts";
import { podmanUser } from "../podman-socket.ts";
import { buildBenchImage } from "./bench-image.ts";
import { DOCTOR } from "./engine.ts";
import type { Examination } from "./examination.ts";
import { IMAGE, newName, removeLeftovers } from "./leftovers.ts";

const TRY_MS = 60_000;
const IMPORT_MS = 60_000;
/** Small enough to be filled in a moment. */
export const MEMORY_BYTES = 256 * 2 ** 20;
const importedSchema = z.object({ Id: z.string() });

export type Look = { script: string; cpu?: number; gpuDevices?: string[]; drives?: DriveUse | null };
/** `said`: what the script wrote. `owner`: of what it wrote, as the machine sees it; null: it could not write. */
export type Seen = { code: number; said: string[]; owner: JobUser | null };

type Parts = { engine: Engine; image: ImageFacts; user: JobUser; isRootless: boolean; signal: AbortSignal };

export class Bench {
  readonly user: JobUser;
  readonly isRootless: boolean;
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.user = parts.user;
    this.isRootless = parts.isRootless;
  }

  /** null: this machine has nothing to make an image of. Throws `EngineError`, or `UsageError` naming a setting. */
  static async open(examination: Examination): Promise<Bench | null> {
    const { command, engine, http, signal } = examination;
    const isRootless = podmanUser(command.podmanSocket) !== 0;
    const user = await jobUserOf(command.settings["job-user"], isRootless, getent);
    await removeLeftovers(examination);
    const archive = await buildBenchImage();
    if (archive === null) {
      return null;
    }
    const id = await importImage(http, archive);
    return new Bench({ engine, image: { id, digest: null, name: IMAGE, environment: {} }, user, isRootless, signal });
  }

  async close(): Promise<void> {
    await this.#parts.engine.removeImage(IMAGE);
  }

  /** Throws `EngineError`. */
  async run({ script, cpu = 1, gpuDevices = [], drives = null }: Look): Promise<Seen> {
    const { engine, image, user, isRootless, signal } = this.#parts;
    const name = newName();
    const folder = join(tmpdir(), name);
    const workFolder = join(folder, "work");
    try {
      await mkdir(workFolder, { recursive: true });
      await (isRootless ? chmod(workFolder, 0o777) : chown(workFolder, user.uid, user.gid));
      await engine.create({
        ...{ name, image, workFolder, user, files: [], gpuDevices, drives },
        labels: { [PROBE_LABEL]: DOCTOR },
        plan: aPlan(`umask 022; exec > /work/said; ${script}`, {
          cpu,
          memoryBytes: MEMORY_BYTES,
          gpu: gpuDevices.length,
        }),
        logFile: join(folder, "output.log"),
        logCapBytes: 1024 * 1024,
      });
      await engine.start(name, TRY_MS);
      const code = await endOf(engine.wait(name, AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)])), signal);
      return { code, ...(await readSaid(join(workFolder, "said"))) };
    } finally {
      await engine.remove(name).catch(() => {});
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** Throws `EngineError` for a container that does not end by itself. */
async function endOf(waiting: Promise<number>, signal: AbortSignal): Promise<number> {
  try {
    return await waiting;
  } catch (error) {
    throw error instanceof EngineError || signal.aborted
      ? error
      : new EngineError({ code: "podman_failed", detail: "it did not end" }, { cause: error });
  }
}

async function importImage(http: PodmanHttp, tar: Buffer): Promise<string> {
  const query = new URLSearchParams({ reference: IMAGE });
  const answer = await http.call("POST", `/images/import?${query}`, { deadlineMs: IMPORT_MS, tar });
  if (answer.status !== 200) {
    throw new EngineError({ code: "podman_failed", detail: "it takes no image" });
  }
  return parseAnswer(importedSchema, answer).Id;
}

async function readSaid(path: string): Promise<Pick<Seen, "said" | "owner">> {
  try {
    const { uid, gid } = await stat(path);
    return { said: (await readFile(path, "utf8")).split("\n"), owner: { uid, gid } };
  } catch {
    return { said: [], owner: null };
  }
}

function aPlan(script: string, resources: JobPlan["resources"]): JobPlan {
  return {
    ...{ image: IMAGE, argv: ["/bin/sh", "-c", script], environment: {}, workingDirectory: null, resources },
    ...{ asRoot: false, gpuKind: null, network: "none" },
    ...{ wallMs: TRY_MS, stopGraceMs: 0, maxSilenceMs: null, output: "site", workspace: "" },
    application: { name: "doctor", version: "1" },
    product: { name: "doctor", category: "doctor" },
  };
}
