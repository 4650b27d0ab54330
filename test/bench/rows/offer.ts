/** From a create to the offer that an idle runner gets: how long the gateway thinks about it. */
import { once } from "node:events";
import WebSocket from "ws";
import { alternate } from "../alternation.ts";
import { aRecordedJob, bulkBody, Poster } from "../creates.ts";
import { BenchGateway, startFloor } from "../gateway.ts";
import type { Row } from "../row.ts";
import { ScriptedRunner } from "../scripted-runner.ts";
import { median } from "../statistics.ts";

const JOBS = 150;

export const offer: Row = {
  number: 3,
  title: "create sent → offer at an idle runner, p50",
  async measure(conditions) {
    const gateway = await BenchGateway.start(conditions);
    const floor = await startFloor(conditions);
    const ours = new Poster(gateway.url, gateway.token, 1);
    const theirs = new Poster(floor.url, null, 1);
    const socket = new WebSocket(floor.url.replace("http", "ws"), { perMessageDeflate: false });
    await once(socket, "open");
    let runners = 0;
    const measured = await alternate(conditions.rounds + 1, {
      ours: async () => {
        runners += 1;
        const runner = await ScriptedRunner.enroll(gateway, `node-${runners}`, JOBS);
        conditions.atEnd(() => runner.close());
        return { p50: await timeOffers(runner, ours) };
      },
      floor: async () => ({ p50: await timeMessages(socket, theirs) }),
    });
    socket.terminate();
    const beside = { name: "bare object and a message", value: measured.floor.p50 };
    return [{ measure: offer.title, unit: "ms", ours: measured.ours.p50, beside, goal: { atMost: 1.5 } }];
  },
};

/** Each job is taken and kept, so that nothing else happens to it. */
async function timeOffers(runner: ScriptedRunner, poster: Poster): Promise<number> {
  await runner.connect();
  const times: number[] = [];
  for (let n = 0; n < JOBS; n++) {
    const startMs = performance.now();
    const [{ ref, atMs }] = await Promise.all([
      runner.next("offer").then((frame) => ({ ref: frame.ref, atMs: performance.now() })),
      poster.post(bulkBody(aRecordedJob())),
    ]);
    times.push(atMs - startMs);
    runner.say({ type: "accept", ref, ready: false });
  }
  return median(times);
}

async function timeMessages(socket: WebSocket, poster: Poster): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < JOBS; n++) {
    const startMs = performance.now();
    const [atMs] = await Promise.all([
      once(socket, "message").then(() => performance.now()),
      poster.post(bulkBody(aRecordedJob())),
    ]);
    times.push(atMs - startMs);
  }
  return median(times);
}
