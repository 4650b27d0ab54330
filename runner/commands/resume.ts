/** `resume`: ends what this machine's own operator said by `drain`. 0 it takes jobs, as far as he is concerned; 2 no runner. */
import { askControl } from "../control-socket.ts";
import type { Command } from "./command.ts";

export async function resume({ stateDir }: Command): Promise<number> {
  if ((await askControl(stateDir, { ask: "resume" })) === null) {
    console.error(`no runner works in ${stateDir}`);
    return 2;
  }
  console.log("resumed: no drain of this machine's own is left");
  return 0;
}
