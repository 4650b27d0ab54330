/** Whether Podman makes, runs and removes a container as jobs have it. What it showed is told by the checks after it. */
import { failureText } from "../../shared/failure.ts";
import { EngineError } from "../engine/engine.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";

const ADVICE =
  "Try by hand: podman run --rm --init IMAGE true. A rootless Podman needs its user's lines in /etc/subuid and " +
  "/etc/subgid, and lingering; else journalctl -u podman says more.";

export async function checkContainer(examination: Examination): Promise<Found[]> {
  try {
    const trial = await examination.trial();
    return trial === null
      ? [skipped("sh, ls, ldd or tar is missing here: there is nothing to make an image of")]
      : [good("was made from an image of this machine's own shell, ran, and was removed")];
  } catch (error) {
    if (error instanceof EngineError) {
      return [bad(failureText(error.failure), ADVICE)];
    }
    throw error;
  }
}
