/**
 * The real queue in thousands of random orders of create, offer, accept, ready, go, fact, cancel, drop, crash, eviction,
 * outage and redelivery: those with odd seeds.
 */
import { test } from "vitest";
import { DEADLINE_MS, playSeeds } from "../../../support/simulation/play.ts";

test(
  "no order of events starts a container twice, forgets an end or tells UCloud out of order (odd seeds)",
  {
    timeout: DEADLINE_MS,
  },
  () => playSeeds("odd"),
);
