/** Containers, and networks without one, that no runner owns. */
import { dirname } from "node:path";
import * as z from "zod/mini";
import { readUses, writeEnd } from "../attempt/folder-end.ts";
import { jobFolder } from "../attempt/job-folder.ts";
import type { ContainerFacts, Engine } from "../engine/engine.ts";
import { LABELS, PROBE_LABEL } from "../engine/labels.ts";
import { listNetworks } from "../engine/network-list.ts";
import { type PodmanHttp, parseAnswer } from "../engine/podman-http.ts";
import { requireOwn } from "../own-files.ts";
import { readLabels } from "../ownership.ts";
import { type Claims, claimOn, isOwn } from "./claims.ts";
import type { Leftover } from "./leftover.ts";

const LIST_MS = 10_000;
/** A look into an image or at a drive takes less than a minute. */
const PROBE_MS = 60 * 60_000;
const STILL = ["created", "exited"];

export type Looked = {
  engine: Pick<Engine, "list" | "remove">;
  http: Pick<PodmanHttp, "call">;
  claims: Claims;
  /** Names of what the own journal knows now. */
  known(): ReadonlySet<string>;
  /** Those that run may go as well. */
  running: boolean;
  nowMs: number;
};

export async function leftInPodman(looked: Looked): Promise<Leftover[]> {
  const containers = await looked.engine.list();
  const known = looked.known();
  const foreign = containers.filter(({ name, labels }) => !known.has(name) && !isOwn(labels, looked.claims));
  const left = await Promise.all(foreign.map((facts) => leftContainer(looked, facts)));
  const names = new Set(containers.map(({ name }) => name));
  return [...left, ...(await leftNetworks(looked, names)), ...(await leftProbes(looked))];
}

async function leftContainer(looked: Looked, facts: ContainerFacts): Promise<Leftover> {
  const { name, labels, status } = facts;
  const isStill = STILL.includes(status);
  const running = isStill || looked.running ? null : "it may run; --running takes it too";
  return {
    ...{ kind: "container", name, kept: (await claimOn(labels, looked.claims)) ?? running },
    found: `${status}, of runner ${labels[LABELS.runner] ?? "unknown"}`,
    remove: async () => {
      if (looked.known().has(name)) {
        throw new Error("this runner has taken it up meanwhile");
      }
      await noteEnd(facts, looked.nowMs);
      await looked.engine.remove(name);
    },
  };
}

/** With it goes the last trace of its end: its folder is kept from now on as long as any, and then goes too. */
async function noteEnd({ labels, finishedAtPodman }: ContainerFacts, nowMs: number): Promise<void> {
  const read = readLabels(labels);
  if (read?.folder) {
    const { own } = jobFolder(read.folder, read.ref);
    // Labels may be anybody's: nothing is written where others could have put a link.
    const uses = await requireOwn(own).then(
      () => readUses(dirname(own)),
      () => [],
    );
    const use = uses.find((one) => one.own === own && one.stateFolder === read.stateFolder);
    if (use?.endedAtMs === null) {
      await writeEnd(own, finishedAtPodman ?? nowMs);
    }
  }
}

/** One whose container is here goes with it. */
async function leftNetworks({ http, engine, claims, known }: Looked, containers: Set<string>): Promise<Leftover[]> {
  const networks = (await listNetworks(http)).flatMap(({ name, labels }) =>
    labels?.[LABELS.stateFolder] === undefined || containers.has(name) || known().has(name) ? [] : [{ name, labels }],
  );
  const foreign = networks.filter(({ labels }) => !isOwn(labels, claims));
  return Promise.all(
    foreign.map(async ({ name, labels }) => ({
      ...{ kind: "network" as const, name, kept: await claimOn(labels, claims) },
      found: `of runner ${labels[LABELS.runner] ?? "unknown"}, without a container`,
      remove: () => engine.remove(name),
    })),
  );
}

const probesSchema = z.array(z.object({ Names: z.array(z.string()).check(z.minLength(1)), Created: z.string() }));

/** A look that was cut off left them. */
async function leftProbes({ http, engine, nowMs }: Looked): Promise<Leftover[]> {
  const query = new URLSearchParams({ all: "true", filters: JSON.stringify({ label: [PROBE_LABEL] }) });
  const answer = await http.call("GET", `/containers/json?${query}`, { deadlineMs: LIST_MS });
  const old = parseAnswer(probesSchema, answer).filter(({ Created }) => nowMs - Date.parse(Created) >= PROBE_MS);
  return old.map(({ Names: [name = ""] }) => ({
    ...{ kind: "container" as const, name, found: "of a look into an image or at a drive", kept: null },
    remove: () => engine.remove(name),
  }));
}
