/** What every verb is given. */
import type { Environment, Flags } from "../config.ts";
import type { RunnerSettings } from "../settings.ts";

export type Command = {
  stateDir: string;
  settings: RunnerSettings;
  podmanSocket: string;
  flags: Flags;
  environment: Environment;
};
