/** Another queue that runs the same containers: one after the other, or many at once. */
import type { Spec } from "../containers.ts";
import { median } from "../statistics.ts";

export type Peer = {
  newSpec(): Promise<Spec>;
  /** All of them are given to it at once; resolves when it has stored that the last one has ended. */
  run(specs: Spec[]): Promise<void>;
};

export async function peerLatency(peer: Peer, jobs: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < jobs; n++) {
    const spec = await peer.newSpec();
    const startMs = performance.now();
    await peer.run([spec]);
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** Jobs a second. */
export async function peerRate(peer: Peer, jobs: number): Promise<number> {
  const specs = await Promise.all(Array.from({ length: jobs }, () => peer.newSpec()));
  const startMs = performance.now();
  await peer.run(specs);
  return (jobs / (performance.now() - startMs)) * 1000;
}
