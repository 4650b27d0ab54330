/** Jobs that do nothing, run to their end: one after the other, or many at two slots. By the product, and by Podman alone. */
import * as z from "zod";
import type { PodmanService } from "../support/podman-service.ts";
import type { BenchSite } from "./bench-site.ts";
import { runContainer, specMaker } from "./containers.ts";
import { aNoOp, bodyOf, Poster } from "./creates.ts";
import { median } from "./statistics.ts";

export const SLOTS = 2;
/** For all the jobs of a round. */
const RATE_MS = 10 * 60_000;

const detailSchema = z.object({ timeline: z.array(z.object({ atMs: z.number(), what: z.string() })) });

export type Latency = { exit: number; told: number };

/** From a create to its exit at the gateway, and to SUCCESS at UCloud; medians in ms. */
export async function productLatency({ gateway }: BenchSite, jobs: number): Promise<Latency> {
  const poster = new Poster(gateway.url, gateway.token, 1);
  const exits: number[] = [];
  const tolds: number[] = [];
  for (let n = 0; n < jobs; n++) {
    const startMs = Date.now();
    const [id = ""] = await post(gateway, poster, 1);
    await gateway.ucloud.book.reaches(id, "SUCCESS");
    tolds.push(Date.now() - startMs);
    exits.push((await exitedAtMs(gateway, id)) - startMs);
  }
  poster.close();
  return { exit: median(exits), told: median(tolds) };
}

/** Jobs a second, from the first create to the last exit at the gateway. */
export async function productRate({ gateway }: BenchSite, jobs: number): Promise<number> {
  const poster = new Poster(gateway.url, gateway.token, 1);
  const startMs = Date.now();
  const ids = await post(gateway, poster, jobs);
  const { book } = gateway.ucloud;
  const areAllOver = () => (ids.every((id) => book.jobs.get(id)?.state === "SUCCESS") ? ids : null);
  await book.until(areAllOver, `${jobs} jobs in SUCCESS`, RATE_MS);
  const exits = await Promise.all(ids.map((id) => exitedAtMs(gateway, id)));
  poster.close();
  return (jobs / (Math.max(...exits) - startMs)) * 1000;
}

/** Podman alone. */
export async function podmanLatency(podman: PodmanService, jobs: number): Promise<Latency> {
  const newSpec = await specMaker(podman);
  const times: number[] = [];
  for (let n = 0; n < jobs; n++) {
    const startMs = performance.now();
    await runContainer(podman.socketPath, await newSpec());
    times.push(performance.now() - startMs);
  }
  return { exit: median(times), told: median(times) };
}

export async function podmanRate(podman: PodmanService, jobs: number): Promise<number> {
  const newSpec = await specMaker(podman);
  const rest = Array.from({ length: jobs }).values();
  const startMs = performance.now();
  const runRest = async (): Promise<void> => {
    for (const _ of rest) {
      await runContainer(podman.socketPath, await newSpec());
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, runRest));
  return (jobs / (performance.now() - startMs)) * 1000;
}

/** In one bulk; UCloud knows them. Returns their ids. */
async function post(gateway: BenchSite["gateway"], poster: Poster, count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => aNoOp());
  gateway.expect(...jobs);
  await poster.post(bodyOf(...jobs));
  return jobs.map(({ id }) => id);
}

/** By the gateway's clock, which is this machine's. */
async function exitedAtMs(gateway: BenchSite["gateway"], id: string): Promise<number> {
  const { body } = await gateway.admin.get(`/admin/jobs/${id}`);
  const entry = detailSchema.parse(body).timeline.find(({ what }) => what === "exited");
  if (entry === undefined) {
    throw new Error(`job ${id} has no exit`);
  }
  return entry.atMs;
}
