/** BullMQ on Debian's Redis, with its shipped settings, and one worker. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../../support/child.ts";
import { freePort } from "../../support/gateway-process.ts";
import type { PodmanService } from "../../support/podman-service.ts";
import { NODE } from "../bench-site.ts";
import { type Spec, specMaker } from "../containers.ts";
import type { Conditions } from "../row.ts";
import { connectionTo, loadBullmq, QUEUE_NAME } from "./bullmq-package.ts";
import type { Peer } from "./peer.ts";

const WORKER = new URL("bullmq-worker.ts", import.meta.url).pathname;

type Given = { conditions: Conditions; podman: PodmanService; peers: string; slots: number };

export async function startBullmq({ conditions, podman, peers, slots }: Given): Promise<Peer> {
  const folder = await mkdtemp(join(conditions.folder, "redis-"));
  const port = await freePort();
  const redis = new Child("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder], {
    ...{ cwd: folder, env: process.env },
  });
  conditions.atEnd(() => redis.kill());
  await redis.line((line) => line.includes("Ready to accept connections"));
  const { Queue, QueueEvents } = loadBullmq(peers);
  const settings = { connection: connectionTo(port) };
  const queue = new Queue(QUEUE_NAME, settings);
  const events = new QueueEvents(QUEUE_NAME, settings);
  const open = new Set<string>();
  let heard = () => {};
  events.on("completed", ({ jobId }) => {
    open.delete(jobId);
    heard();
  });
  await events.waitUntilReady();
  const worker = new Child(NODE, [WORKER, peers, String(port), podman.socketPath, String(slots)], {
    ...{ cwd: folder, env: process.env },
  });
  conditions.atEnd(async () => {
    await worker.kill();
    await Promise.all([queue.close(), events.close()]);
  });
  await worker.line((line) => line === "ready");
  const newSpec = await specMaker(podman);
  return {
    newSpec,
    async run(specs: Spec[]) {
      const jobs = await queue.addBulk(specs.map((data) => ({ name: "run", data })));
      for (const { id } of jobs) {
        open.add(id ?? "");
      }
      while (open.size > 0) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}
