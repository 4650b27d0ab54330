/** What waits, by age over all lanes. Of each lane only as much is read as is asked for: never a scan of the queue. */
import { type Key, number, text } from "./columns.ts";
import { byAge, type Lanes } from "./lanes.ts";
import type { Row, Sql } from "./ports.ts";

export type Waiting = Key & { lane: string; acceptedAtMs: number };

const NEXT = `
  SELECT id, incarnation, lane, accepted_at FROM job
   WHERE state = 'queued' AND later IS NULL AND lane = ? AND (accepted_at, id, incarnation) > (?, ?, ?)
   ORDER BY accepted_at, id, incarnation LIMIT 1`;

/** The oldest job of each lane, the oldest first. */
export function oldestOfLanes(lanes: Lanes): Waiting[] {
  return [...lanes.heads()].sort(byAge);
}

export function nextInLane(sql: Sql, { lane, acceptedAtMs, id, incarnation }: Waiting): Waiting | null {
  return sql.rows(NEXT, lane, acceptedAtMs, id, incarnation).map(toWaiting)[0] ?? null;
}

/** One lookup for each job and lane. `heads` as `oldestOfLanes` gives them. */
export function inOrderOfAge(sql: Sql, heads: Waiting[], limit: number): Waiting[] {
  const front = heads.slice(0, limit);
  const ordered: Waiting[] = [];
  for (let first = front.shift(); first !== undefined && ordered.length < limit; first = front.shift()) {
    ordered.push(first);
    const next = nextInLane(sql, first);
    if (next !== null) {
      const place = front.findIndex((other) => byAge(next, other) < 0);
      front.splice(place < 0 ? front.length : place, 0, next);
    }
  }
  return ordered;
}

function toWaiting(row: Row): Waiting {
  return {
    id: text(row, "id"),
    incarnation: text(row, "incarnation"),
    lane: text(row, "lane"),
    acceptedAtMs: number(row, "accepted_at"),
  };
}
