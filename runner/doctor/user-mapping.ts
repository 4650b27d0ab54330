/** Who a job is inside its container, and who its files belong to outside. */
import type { JobUser } from "../job-user.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";
import type { Trial } from "./trial.ts";

const ADVICE =
  "Look for userns, keep-id or remapped ids in containers.conf: files of jobs would belong to somebody else.";

type Wanted = { user: JobUser; isRootless: boolean };

export async function checkUserMapping(examination: Examination): Promise<Found[]> {
  const [bench, trial] = [await examination.bench(), await examination.trial()];
  return [bench === null || trial === null ? skipped("there was no container") : judge(trial, bench)];
}

/** Pure. Rootless, the machine sees one of the subordinate ids of Podman's user. */
export function judge({ owner, uid, gid }: Pick<Trial, "owner" | "uid" | "gid">, { user, isRootless }: Wanted): Found {
  const wanted = `${user.uid}:${user.gid}`;
  if (owner === null) {
    return bad(`${wanted} cannot write into the job's folder`, ADVICE);
  }
  const outside = `${owner.uid}:${owner.gid}`;
  if (uid !== user.uid || gid !== user.gid) {
    return bad(`a job of ${wanted} is ${uid}:${gid} in its container`, ADVICE);
  }
  if (owner.uid === 0 || (!isRootless && outside !== wanted)) {
    return bad(`files of ${wanted} belong to ${outside} on the machine`, ADVICE);
  }
  return good(outside === wanted ? `${wanted}, inside and outside` : `${wanted} inside, ${outside} outside`);
}
