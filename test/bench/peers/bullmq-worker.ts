/** BullMQ's runner, a process of its own: takes a container from the queue and runs it by Podman's API. */
import { runContainer, type Spec } from "../containers.ts";
import { connectionTo, loadBullmq, QUEUE_NAME } from "./bullmq-package.ts";

const [folder = "", port, socketPath = "", slots] = process.argv.slice(2);
const { Worker } = loadBullmq(folder);
const settings = { connection: connectionTo(Number(port)), concurrency: Number(slots) };
const worker = new Worker(QUEUE_NAME, ({ data }) => runContainer(socketPath, data as Spec), settings);
await worker.waitUntilReady();
console.log("ready");
