/** `clean`: what no runner of this machine owns. 0 listed, or removed, 1 not all of it or not known. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { leftImages } from "../clean/images.ts";
import { leftInPodman } from "../clean/in-podman.ts";
import type { Leftover } from "../clean/leftover.ts";
import { leftFolders } from "../clean/on-disk.ts";
import { imagesOfLost, readJournal } from "../clean/own-journal.ts";
import { doctorEngine } from "../doctor/engine.ts";
import { EngineError } from "../engine/engine.ts";
import { createPodmanHttp } from "../engine/podman-http.ts";
import { hasCode } from "../error-code.ts";
import { readIdentity } from "../identity.ts";
import { openPlaces } from "../job-places.ts";
import { parseJobsDir } from "../jobs-dir.ts";
import { liveFolders } from "../live-folders.ts";
import { ownerOf } from "../ownership.ts";
import { createRemoval } from "../removal.ts";
import { lockStateFolder, StateFolderInUse } from "../state-lock.ts";
import type { Command } from "./command.ts";
import { askStatus } from "./status.ts";

type Outcome = "kept" | "would be removed" | "removed" | "failed";
/** `why` it is kept, or was not removed. */
type Shown = Pick<Leftover, "kind" | "name" | "found"> & { outcome: Outcome; why: string | null };

export async function clean(command: Command): Promise<number> {
  const { runner } = readIdentity(command.stateDir);
  const release = await keepOthersOut(command.stateDir);
  if (release === null) {
    console.error("the runner has not listed its containers yet: try again when `status` shows Podman as up");
    return 1;
  }
  try {
    const shown = await dealWith(await lookFor(command, runner.id), command.flags.yes === true);
    console.log(command.flags.json === true ? JSON.stringify(shown, null, 2) : describe(shown));
    return shown.some(({ outcome }) => outcome === "failed") ? 1 : 0;
  } catch (error) {
    if (error instanceof EngineError) {
      console.error(`Podman cannot be asked (${error.failure.code}): nothing more was removed`);
      return 1;
    }
    if (hasCode(error, "ERR_SQLITE_ERROR")) {
      console.error("the runner's journal cannot be read: nothing more was removed");
      return 1;
    }
    throw error;
  } finally {
    release();
  }
}

/**
 * No start may adopt what goes at the same time: without a process the lock is ours meanwhile, one that works has
 * adopted when it has listed. null: it has not.
 */
async function keepOthersOut(stateDir: string): Promise<(() => void) | null> {
  try {
    return lockStateFolder(stateDir).release;
  } catch (error) {
    if (!(error instanceof StateFolderInUse)) {
      throw error;
    }
    const podman = (await askStatus(stateDir))?.podman ?? "unknown";
    return podman === "unknown" ? null : () => {};
  }
}

async function lookFor({ stateDir, settings, podmanSocket, flags }: Command, runner: string): Promise<Leftover[]> {
  const nowMs = Date.now();
  const http = createPodmanHttp(podmanSocket);
  const engine = doctorEngine({ podmanSocket, settings });
  const claims = { owner: ownerOf(stateDir, runner), live: await liveFolders() };
  const known = () => readJournal(stateDir).attempts;
  const { base } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
  const remove = createRemoval(process.getuid?.() === 0);
  const folders = { workKeepMs: settings["work-keep"], claims, remove, nowMs };
  return [
    ...(await leftInPodman({ engine, http, claims, known, running: flags.running === true, nowMs })),
    ...(existsSync(base) ? await leftFolders({ ...folders, settings: await openPlaces(stateDir, settings) }) : []),
    ...(await leftImages({
      ...{ engine, http, fetched: imagesOfLost(stateDir), known: readJournal(stateDir).images },
      ...{ imageKeepMs: settings["image-keep"], nowMs },
    })),
  ];
}

async function dealWith(left: Leftover[], isMeant: boolean): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const { remove, kept, ...one } of left) {
    if (kept !== null || !isMeant) {
      shown.push({ ...one, outcome: kept === null ? "would be removed" : "kept", why: kept });
      continue;
    }
    const why = await remove().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : "it cannot be removed"),
    );
    shown.push({ ...one, outcome: why === null ? "removed" : "failed", why });
  }
  return shown;
}

function describe(shown: Shown[]): string {
  if (shown.length === 0) {
    return "nothing is left that no runner owns";
  }
  const lines = shown.map(
    ({ outcome, kind, name, found, why }) => `${outcome}: ${kind} ${name} (${found})${why === null ? "" : `: ${why}`}`,
  );
  const isDry = shown.some(({ outcome }) => outcome === "would be removed");
  return [...lines, ...(isDry ? ["nothing was removed; --yes does it"] : [])].join("\n");
}
