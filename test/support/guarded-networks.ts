/** Networks of jobs with the settings that the addresses of outside.ts are made for. */
import type { JobNetworks } from "../../runner/network/job-networks.ts";
import { jobNetworks } from "./job-networks.ts";
import { DENIED, NEIGHBOUR } from "./outside.ts";

type Given = Parameters<typeof jobNetworks>;

/** `said`: errors of its log, by name. */
export function guardedNetworks(
  stateFolder: string,
  said: string[],
  { settings = {}, parts = {} }: { settings?: Given[0]; parts?: Given[1] } = {},
): JobNetworks {
  const log = { info() {}, warn() {}, error: (_: object, message: string) => void said.push(message) };
  const usual = { networks: ["internet", "site"] as const, deny: [`${DENIED}/32`], "job-resolvers": [NEIGHBOUR] };
  return jobNetworks({ ...usual, ...settings }, { stateFolder, log, lookMs: 5_000, ...parts });
}
