/** Podman as the doctor asks it: with the settings that say where, none that restrict, and nothing to log. */
import type { Command } from "../commands/command.ts";
import type { Engine } from "../engine/engine.ts";
import { createPodman } from "../engine/podman.ts";

/** The owner of what it makes for a moment; by the process others see whether that moment is over. */
export const DOCTOR = `doctor-${process.pid}`;
/** The findings say it all. */
export const QUIET = { info() {}, warn() {}, error() {} };

export function doctorEngine({ podmanSocket, settings }: Pick<Command, "podmanSocket" | "settings">): Engine {
  return createPodman({
    ...{ socketPath: podmanSocket, defaultRegistry: settings["default-registry"], owner: DOCTOR, log: QUIET },
    ...{ authFile: null, allowList: null, allowRoot: false },
  });
}
