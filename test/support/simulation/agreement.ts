/**
 * When nothing is under way, a node counts with the time that its job's user was promised, and pauses what is to pause.
 */
import { isSuspended } from "../../../worker/queue/suspension.ts";
import type { GatewayModel } from "./gateway-model.ts";
import type { RunnerModel } from "./runner-model.ts";

export function disagreements(runners: RunnerModel[], { queue }: GatewayModel): string[] {
  const found: string[] = [];
  for (const { node, welcomed } of runners) {
    for (const { ref, wallMs, phase, suspension } of welcomed ? node.held.values() : []) {
      const row = queue.state.jobs.get({ id: ref.job, incarnation: ref.incarnation });
      if (phase !== "running" || row?.attempt !== ref.attempt || row.place.state !== "running") {
        continue;
      }
      // What is being stopped is told nothing else.
      if (row.cancelAsked !== null) {
        continue;
      }
      if (row.terms.wallMs !== wallMs) {
        found.push(`${ref.job} runs with ${wallMs} ms of ${row.terms.wallMs}`);
      }
      const states = [row.suspension?.wanted ?? false, isSuspended(row), suspension.paused];
      if (new Set(states).size > 1) {
        found.push(`${ref.job} is wanted, known and found paused: ${states.join(", ")}`);
      }
    }
  }
  return found;
}
