/**
 * Room for large jobs. A runner has other queues, which would take what comes free there, so it is asked to keep it. What
 * it was asked for stands in the badge of its line: that lives as long as the runner's own memory of it, and costs no row.
 */
import { encodeFrame } from "../../shared/codec.ts";
import { isWelcomed } from "./badge.ts";
import type { Head } from "./lanes.ts";
import type { QueueState } from "./state.ts";

/** `wanted`: by runner; null: nobody has looked, so nothing changes. `offered`: an offer ends what its runner keeps. */
export type Holds = { wanted: ReadonlyMap<string, Head> | null; offered: Set<string> };

/** After the turn: what it offered has left. */
export function askHolds({ holds: { wanted, offered }, ports, runners }: QueueState): void {
  for (const line of ports.lines()) {
    const badge = line.badge();
    if (!isWelcomed(badge)) {
      continue;
    }
    const { id } = badge.runner;
    const before = badge.heldFor ?? null;
    const kept = offered.has(id) ? null : before;
    const head = wanted?.get(id) ?? null;
    const heldFor = wanted === null ? kept : (head?.incarnation ?? null);
    if (heldFor !== kept) {
      const whole = head?.isExclusive ? runners.get(id)?.capacity.total : undefined;
      const kind = head?.gpuKind == null ? {} : { gpuKind: head.gpuKind };
      line.send(encodeFrame({ type: "hold", need: whole ?? head?.resources ?? null, ...kind }));
    }
    if (heldFor !== before) {
      line.setBadge({ ...badge, heldFor });
    }
  }
}
