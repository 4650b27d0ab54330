/** What the whole process shows of itself: its agent, and its lines. */
import type { Agent } from "./agent.ts";
import type { Machine } from "./capacity.ts";
import type { Connection } from "./connection.ts";
import type { Identity } from "./identity.ts";
import type { Status } from "./status.ts";
import { VERSION } from "./version.ts";

type Parts = {
  agent: Agent;
  identity: Identity;
  machine: Machine;
  connections: Connection[];
  uptimeMs: number;
};

export function statusOf({ agent, identity, machine, connections, uptimeMs }: Parts): Status {
  const seen = agent.status();
  return {
    version: VERSION,
    runner: identity.runner,
    draining: seen.closed?.code === "drain",
    ...seen,
    total: machine.total,
    lines: connections.map((connection) => {
      const { category, connected, lastHeardMs, trouble, losses } = connection.state();
      const heardAgoMs = lastHeardMs === null ? null : Math.max(0, uptimeMs - lastHeardMs);
      return { category, connected, heardAgoMs, trouble, losses };
    }),
  };
}
