/** `drain`: the runner takes no new jobs; waits until the last one has ended. 0 drained, 2 no runner. */
import { setTimeout as pause } from "node:timers/promises";
import { askControl } from "../control-socket.ts";
import type { Command } from "./command.ts";
import { askStatus } from "./status.ts";

const LOOK_MS = 1_000;

export async function drain({ stateDir }: Command): Promise<number> {
  if ((await askControl(stateDir, { ask: "drain" })) === null) {
    console.error(`no runner works in ${stateDir}`);
    return 2;
  }
  let told = -1;
  for (;;) {
    const found = await askStatus(stateDir);
    if (found === null) {
      console.error("the runner has stopped; its jobs go on, the next start takes them up");
      return 1;
    }
    if (found.jobs.length === 0) {
      console.log("drained: no jobs are left; a restart takes jobs again");
      return 0;
    }
    if (found.jobs.length !== told) {
      told = found.jobs.length;
      console.log(
        `draining: ${told} ${told === 1 ? "job is" : "jobs are"} left (stopping this command changes nothing)`,
      );
    }
    await pause(LOOK_MS);
  }
}
