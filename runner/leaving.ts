/** The end of a runner on its machine: what it still holds, its goodbye to the gateway, and what of its folder goes. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { askSigned, GatewayCallError } from "./gateway-call.ts";
import { deleteIdentity, type Identity } from "./identity.ts";
import { openJournal } from "./journal.ts";
import { JOURNAL_FILE, retireJournal } from "./journal-aside.ts";

/** Jobs that run here, or of which the gateway has not heard everything. The folder is locked. */
export function heldJobs(stateDir: string, nowMs: number): string[] {
  if (!existsSync(join(stateDir, JOURNAL_FILE))) {
    return [];
  }
  const journal = openJournal(stateDir, nowMs);
  try {
    return journal.rows().map(({ attempt }) => attempt.ref.job);
  } finally {
    journal.close();
  }
}

/** True: the gateway has removed it now. False: it had before; the answer to an earlier goodbye may have been lost. @throws GatewayCallError */
export async function sayGoodbye(identity: Identity): Promise<boolean> {
  try {
    await askSigned(identity, "leave", z.object({ id: z.string() }));
    return true;
  } catch (error) {
    if (error instanceof GatewayCallError && error.status === 404 && error.isFinal) {
      return false;
    }
    throw error;
  }
}

/** The key last: until then all of it can be said again. */
export function forgetRunner(stateDir: string, nowMs: number): void {
  retireJournal(stateDir, nowMs);
  deleteIdentity(stateDir);
}
