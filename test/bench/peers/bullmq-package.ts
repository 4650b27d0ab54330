/** As much of BullMQ as is used here, loaded from where the peers are installed. */
import { createRequire } from "node:module";
import { join } from "node:path";

type Settings = { connection: { host: string; port: number; maxRetriesPerRequest: null }; concurrency?: number };
type Job = { id?: string };
type Connected = { waitUntilReady(): Promise<unknown>; close(): Promise<void> };

export type Bullmq = {
  Queue: new (
    name: string,
    settings: Settings,
  ) => Connected & { addBulk(jobs: { name: string; data: unknown }[]): Promise<Job[]> };
  QueueEvents: new (
    name: string,
    settings: Settings,
  ) => Connected & { on(event: "completed", heard: (of: { jobId: string }) => void): void };
  Worker: new (name: string, work: (job: { data: unknown }) => Promise<void>, settings: Settings) => Connected;
};

export const QUEUE_NAME = "bench";

export function loadBullmq(folder: string): Bullmq {
  return createRequire(join(folder, "package.json"))("bullmq");
}

export function connectionTo(port: number): Settings["connection"] {
  return { host: "127.0.0.1", port, maxRetriesPerRequest: null };
}
