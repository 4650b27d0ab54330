/**
 * What a doctor that was killed has left: containers, images and folders carry the number of its process, and go when
 * that is over. One that works at the same time keeps its own.
 */
import { randomBytes } from "node:crypto";
import { lstat, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { PROBE_LABEL } from "../engine/labels.ts";
import { listSchema } from "../engine/podman-facts.ts";
import { type PodmanAnswer, type PodmanHttp, parseAnswer } from "../engine/podman-http.ts";
import { hasCode } from "../error-code.ts";
import type { Examination } from "./examination.ts";

const ASK_MS = 30_000;
export const NAME = "ucloud-doctor";
export const IMAGE = `localhost/${NAME}:${process.pid}`;
const imagesSchema = z.array(z.object({ RepoTags: z.nullish(z.array(z.string())) }));

/** Of a container, or a folder. */
export function newName(): string {
  return `${NAME}-${process.pid}-${randomBytes(8).toString("hex")}`;
}

export async function removeLeftovers({ http, engine }: Pick<Examination, "http" | "engine">): Promise<void> {
  const labelled = new URLSearchParams({ all: "true", filters: JSON.stringify({ label: [PROBE_LABEL] }) });
  const containers = parseAnswer(listSchema, await ask(http, `/containers/json?${labelled}`));
  for (const name of containers.flatMap(({ Names }) => Names).filter(isLeftOver)) {
    await engine.remove(name);
  }
  const images = parseAnswer(imagesSchema, await ask(http, "/images/json"));
  for (const name of images.flatMap(({ RepoTags }) => RepoTags ?? []).filter(isLeftOver)) {
    await engine.removeImage(name);
  }
  for (const name of (await readdir(tmpdir())).filter(isLeftOver)) {
    await removeOwnFolder(join(tmpdir(), name));
  }
}

/** Everybody may write there: what is somebody else's could change into a link while it is removed. */
async function removeOwnFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() && found.uid === process.getuid?.()) {
    await rm(path, { recursive: true, force: true });
  }
}

/** Pure, but for the question whether that process lives. */
export function isLeftOver(name: string): boolean {
  const [, pid] = /^(?:localhost\/)?ucloud-doctor[:-](\d+)(?:-[0-9a-f]{16})?$/.exec(name) ?? [];
  if (pid === undefined) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return hasCode(error, "ESRCH");
  }
}

function ask(http: PodmanHttp, path: string): Promise<PodmanAnswer> {
  return http.call("GET", path, { deadlineMs: ASK_MS });
}
