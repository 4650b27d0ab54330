/** What an operator can do, who may, and what it means: said before it is done. */
import type { Role } from "../worker/auth/admin-token.ts";

export type Verb = {
  /** The last word of its path. */
  name: string;
  label: string;
  role: Role;
  effect: string;
  /** Cannot be taken back, or ends a user's work. */
  isGrave?: boolean;
  /** It may end by itself, at a moment. */
  hasEnd?: boolean;
};

const ROLES: Role[] = ["read", "operate", "owner"];

export function mayDo(role: Role, asked: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(asked);
}

export const DRAIN: Verb = {
  ...{ name: "drain", label: "Drain", role: "operate", hasEnd: true },
  effect: "It takes no new jobs. What it has goes on. Ends by Resume, or at the moment that you give.",
};
export const RESUME_RUNNER: Verb = {
  ...{ name: "resume", label: "Resume", role: "operate" },
  effect: "It takes jobs again at once. Say so too when a machine that failed to start jobs was repaired.",
};
export const LOST: Verb = {
  ...{ name: "lost", label: "Declare lost", role: "owner", isGrave: true },
  effect:
    "Its jobs end now with a failure that their users read, together with your reason. Jobs that have not begun go to other machines.",
};
export const REVOKE: Verb = {
  ...{ name: "revoke", label: "Revoke", role: "owner", isGrave: true },
  effect:
    "As lost, and its key never connects again. For a machine that was stolen or is not trusted. Users of its jobs read your reason.",
};
export const REMOVE: Verb = {
  ...{ name: "remove", label: "Remove", role: "owner", isGrave: true },
  effect: "It leaves the lists and its id is refused for ever. Only without jobs and while it is not connected.",
};

export const CANCEL: Verb = {
  ...{ name: "cancel", label: "Cancel", role: "operate", isGrave: true },
  effect: "The job is stopped as if its user had cancelled it. The user reads your reason.",
};
export const FAIL: Verb = {
  ...{ name: "fail", label: "Fail", role: "operate", isGrave: true },
  effect: "The job ends as a failure at once, whatever its machine says later. The user reads your reason.",
};
export const RESEND: Verb = {
  ...{ name: "resend", label: "Tell UCloud again", role: "operate" },
  effect: "UCloud is told of the job's end again, now.",
};
export const DISCARD: Verb = {
  ...{ name: "discard", label: "Stop telling", role: "operate", isGrave: true },
  effect: "UCloud is not told of the job's end any more, whatever it shows. “Tell UCloud again” takes that back.",
};

export const PAUSE: Verb = {
  ...{ name: "pause", label: "Pause", role: "operate" },
  effect:
    "Nothing new is offered to machines. Jobs are accepted and wait, and their users are told. What runs goes on.",
};
export const RESUME_QUEUE: Verb = {
  ...{ name: "resume", label: "Resume", role: "operate" },
  effect: "Waiting jobs are offered to machines again.",
};
export const RECONCILE: Verb = {
  ...{ name: "reconcile", label: "Reconcile", role: "operate" },
  effect: "The queue is compared with UCloud now, and every act that is held goes on. Look at “Undelivered” first.",
};
