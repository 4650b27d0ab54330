/** What can be seen on the machine itself: the container at Podman, and the log in the job's folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod/mini";
import { splitLog } from "../../runner/engine/k8s-log.ts";
import { LABELS } from "../../runner/engine/labels.ts";
import { askPodman } from "../../test/support/podman-service.ts";

const SEEN_WITHIN_MS = 30_000;

/** The runner also makes a container that never runs, to look into the image. */
const OF_A_JOB = encodeURIComponent(JSON.stringify({ label: [LABELS.job] }));
const listSchema = z.array(z.object({ Id: z.string() }));
const inspectSchema = z.object({
  ImageName: z.string(),
  Path: z.string(),
  Args: z.array(z.string()),
  HostConfig: z.object({ Memory: z.number(), NanoCpus: z.number(), PidsLimit: z.number(), NetworkMode: z.string() }),
});

export type SeenContainer = { image: string; argv: string[]; limits: string };

/** The job's container, as soon as there is one. */
export async function seeContainer(socketPath: string, everyMs: number): Promise<SeenContainer> {
  for (const endMs = Date.now() + SEEN_WITHIN_MS; Date.now() < endMs; await pause(everyMs)) {
    const listed = await askPodman(socketPath, "GET", `/containers/json?all=true&filters=${OF_A_JOB}`);
    const [first] = listSchema.parse(JSON.parse(listed.body));
    if (first !== undefined) {
      const { body } = await askPodman(socketPath, "GET", `/containers/${first.Id}/json`);
      return describe(inspectSchema.parse(JSON.parse(body)));
    }
  }
  throw new Error("Podman shows no container");
}

function describe({ ImageName, Path, Args, HostConfig }: z.infer<typeof inspectSchema>): SeenContainer {
  const { Memory, NanoCpus, PidsLimit, NetworkMode } = HostConfig;
  const words = [Path, ...Args];
  // The init that reaps children stands before the program.
  const argv = words.slice(words.findIndex((word) => word !== "--" && !word.endsWith("init")));
  const limits = `${NanoCpus / 1e9} core, ${Memory / 2 ** 30} GiB, ${PidsLimit} processes, network ${NetworkMode}`;
  return { image: ImageName, argv, limits };
}

/** The lines of the only job's log. */
export async function seeOutput(stateDir: string): Promise<string[]> {
  const jobs = join(stateDir, "jobs");
  const [folder] = readdirSync(jobs);
  if (folder === undefined) {
    throw new Error("there is no job's folder");
  }
  const log = readFileSync(join(jobs, folder, "output-1-0.log"));
  const text = Buffer.concat([...splitLog(log)].map(({ content }) => content)).toString();
  return text.split("\n").slice(0, -1);
}
