/**
 * Whose a container is. A runner adopts only what carries its own id and that of its state folder, or of one that it has
 * inherited; every other container with our labels is foreign: counted as used, never touched.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import * as z from "zod/mini";
import { folderName, type Ref } from "../shared/ids.ts";
import type { JobPlan } from "../shared/plan.ts";
import { mapped, matching } from "../shared/schema.ts";
import type { Attempt, Place, Terms } from "./attempt/record.ts";
import type { Foreign } from "./capacity.ts";
import { parseCores } from "./devices/cores.ts";
import type { ContainerFacts } from "./engine/engine.ts";
import { LABELS, labelsOf, refOfLabels } from "./engine/labels.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";

/** The journal in which the container's attempt was written; the state folder outlives a lost journal. */
const GENERATION_LABEL = "dev.ucloud.generation";

export type OwnLabels = {
  ref: Ref;
  category: string;
  runner: string;
  stateFolder: string;
  generation: string;
  bootId: string;
  terms: Terms;
  gpus: string[];
  cores: number[];
} & Place;
export type Own = { facts: ContainerFacts; labels: OwnLabels };
/** `stateDir`: where the folder lies; `inherited`: ids of lost folders that this one has taken over. */
export type Owner = { runner: string; stateFolder: string; stateDir: string; inherited: readonly string[] };

const ID_FILE = "folder-id";
const INHERITED_FILE = "inherited";
export const FOLDER_ID = /^[0-9a-f]{16}$/;

/** The state folder's own id: two runners that share a key by mistake do not adopt each other's containers. */
export function stateFolderId(stateDir: string): string {
  const known = readFolderId(stateDir);
  if (known !== null) {
    return known;
  }
  const fresh = randomBytes(8).toString("hex");
  writeStateFile(join(stateDir, ID_FILE), fresh);
  return fresh;
}

export function ownerOf(stateDir: string, runner: string): Owner {
  const lines = (readStateFile(join(stateDir, INHERITED_FILE)) ?? "").split("\n");
  const inherited = lines.filter((line) => FOLDER_ID.test(line));
  return { runner, stateFolder: stateFolderId(stateDir), stateDir, inherited };
}

/** On disk when this returns. */
export function writeInherited(stateDir: string, folders: readonly string[]): void {
  writeStateFile(join(stateDir, INHERITED_FILE), folders.join("\n"));
}

/** null: it has none yet, or is no state folder. */
export function readFolderId(stateDir: string): string | null {
  const known = readStateFile(join(stateDir, ID_FILE));
  return known !== null && FOLDER_ID.test(known) ? known : null;
}

/** What adoption without a journal will need to know, on the container itself. */
export function labelsFor(
  attempt: Attempt,
  plan: JobPlan,
  owner: Owner,
  written: { generation: string; bootId: string },
): Record<string, string> {
  const { ref, category, terms, gpus, cores, folder, outputFolder } = attempt;
  const labels = labelsOf({
    ref,
    plan: { ...plan, ...terms },
    ...owner,
    category,
    bootId: written.bootId,
    gpuDevices: gpus,
    cores,
  });
  return {
    ...{ ...labels, [GENERATION_LABEL]: written.generation },
    ...(folder === null ? {} : { [LABELS.folder]: folder }),
    ...(outputFolder === null ? {} : { [LABELS.outputFolder]: outputFolder }),
  };
}

/** Every number of a plan as it was written, the smallest and the longest too. */
const number = matching(/^\d{1,16}(\.\d{1,25})?(e-\d{1,3})?$/);
const digits = mapped(matching(/^\d{1,16}$/), Number);
const absolute = z._default(z.nullable(z.string().check(z.startsWith("/"), z.maxLength(4096))), null);
/** Labels come from outside: anybody with Podman's socket can write some that look like ours. */
const labelsSchema = z.object({
  [LABELS.category]: z.string(),
  [LABELS.runner]: z.string(),
  [LABELS.stateFolder]: z.string(),
  [GENERATION_LABEL]: z.string(),
  [LABELS.bootId]: z.string(),
  [LABELS.wallMs]: digits,
  [LABELS.stopGraceMs]: digits,
  [LABELS.maxSilenceMs]: z.union([mapped(z.literal(""), () => null), digits]),
  [LABELS.cpu]: mapped(number, Number),
  [LABELS.memoryBytes]: digits,
  [LABELS.diskBytes]: z.optional(digits),
  [LABELS.gpus]: mapped(z.string(), (text) => text.split(" ").filter((name) => name !== "")),
  [LABELS.cores]: z._default(mapped(matching(/^[\d,]{1,40000}$/), parseCores), []),
  [LABELS.exclusive]: z.optional(z.literal("true")),
  [LABELS.output]: z.enum(["edge", "site"]),
  [LABELS.folder]: absolute,
  [LABELS.outputFolder]: absolute,
});

/** null: not one of a job, or not written by us. */
export function readLabels(labels: Record<string, string>): OwnLabels | null {
  const ref = refOfLabels(labels);
  const parsed = labelsSchema.safeParse(labels);
  if (ref === null || !parsed.success) {
    return null;
  }
  const read = parsed.data;
  const gpus = read[LABELS.gpus];
  const diskBytes = read[LABELS.diskBytes];
  return {
    ref,
    category: read[LABELS.category],
    runner: read[LABELS.runner],
    stateFolder: read[LABELS.stateFolder],
    generation: read[GENERATION_LABEL],
    bootId: read[LABELS.bootId],
    terms: {
      resources: { cpu: read[LABELS.cpu], memoryBytes: read[LABELS.memoryBytes], gpu: gpus.length },
      ...(read[LABELS.exclusive] === undefined ? {} : { exclusive: true }),
      wallMs: read[LABELS.wallMs],
      ...(diskBytes === undefined ? {} : { diskBytes }),
      stopGraceMs: read[LABELS.stopGraceMs],
      maxSilenceMs: read[LABELS.maxSilenceMs],
      output: read[LABELS.output],
    },
    gpus,
    cores: read[LABELS.cores],
    // Another name would be another job's.
    folder: read[LABELS.folder]?.endsWith(`/${folderName(ref)}`) ? read[LABELS.folder] : null,
    outputFolder: read[LABELS.outputFolder],
  };
}

export function sortOut(containers: ContainerFacts[], owner: Owner): { own: Own[]; foreign: ContainerFacts[] } {
  const own: Own[] = [];
  const foreign: ContainerFacts[] = [];
  for (const facts of containers) {
    const labels = readLabels(facts.labels);
    if (labels !== null && labels.runner === owner.runner && isOwnFolder(labels.stateFolder, owner)) {
      own.push({ facts, labels });
    } else {
      foreign.push(facts);
    }
  }
  return { own, foreign };
}

export function isOwnFolder(stateFolder: string, owner: Owner): boolean {
  return stateFolder === owner.stateFolder || owner.inherited.includes(stateFolder);
}

/** Other state folders that had this runner's id when they made containers that are here. */
export function heirless(containers: ContainerFacts[], owner: Owner): string[] {
  const folders = containers.flatMap((facts) => {
    const labels = readLabels(facts.labels);
    const isOurs = labels?.runner === owner.runner && !isOwnFolder(labels.stateFolder, owner);
    return isOurs && FOLDER_ID.test(labels.stateFolder) ? [labels.stateFolder] : [];
  });
  return [...new Set(folders)];
}

/** What foreign containers take of the machine now; those that do not run take nothing. */
export function foreignUse(containers: ContainerFacts[]): Foreign[] {
  const running = containers.filter((facts) => ["running", "paused", "stopping"].includes(facts.status));
  return running.flatMap((facts) => {
    const labels = readLabels(facts.labels);
    return labels === null ? [] : [{ resources: labels.terms.resources, gpus: labels.gpus, cores: labels.cores }];
  });
}
