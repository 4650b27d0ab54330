/** `remove`: the runner says goodbye and loses its key. 0 removed, 1 refused, 2 the gateway cannot be reached, or usage. */
import { GatewayCallError } from "../gateway-call.ts";
import { type Identity, readIdentity } from "../identity.ts";
import { forgetRunner, heldJobs, sayGoodbye } from "../leaving.ts";
import { lockStateFolder } from "../state-lock.ts";
import type { Command } from "./command.ts";
import { askStatus } from "./status.ts";

export async function remove({ stateDir, flags }: Command): Promise<number> {
  const identity = readIdentity(stateDir);
  const working = await askStatus(stateDir);
  if (working !== null) {
    const jobs = working.jobs.map(({ ref }) => ref.job);
    console.error(`a runner works in ${stateDir}${withJobs(jobs)}: drain it, stop it, then remove it`);
    return 1;
  }
  const lock = lockStateFolder(stateDir);
  try {
    const jobs = heldJobs(stateDir, Date.now());
    if (jobs.length > 0) {
      console.error(`the runner still has jobs${withJobs(jobs)}: start it, drain it, then remove it`);
      return 1;
    }
    const { id, name } = identity.runner;
    if (flags.offline === true) {
      console.log(`${name} (${id}): its key is deleted here only; remove it at the gateway too`);
    } else {
      const refused = await leave(identity);
      if (refused !== 0) {
        return refused;
      }
      console.log(`${name} (${id}) is removed and its key deleted; settings, folders of jobs and the old journal stay`);
    }
    forgetRunner(stateDir, Date.now());
    return 0;
  } finally {
    lock.release();
  }
}

async function leave(identity: Identity): Promise<0 | 1 | 2> {
  try {
    if (!(await sayGoodbye(identity))) {
      console.error("the gateway does not know this runner any more");
    }
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayCallError)) {
      throw error;
    }
    console.error(`${error.message}; nothing was changed. --offline deletes this side only`);
    return error.isFinal ? 1 : 2;
  }
}

function withJobs(jobs: string[]): string {
  return jobs.length === 0 ? "" : ` (${[...new Set(jobs)].join(", ")})`;
}
