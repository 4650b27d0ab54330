/** Why the node takes no job now: the first reason that holds, in a sentence for administrators. */
import type { PodmanState } from "./podman-watch.ts";
import type { Closed } from "./reports.ts";

export type Circumstances = {
  revoked: boolean;
  drain: string | null;
  /** By the site's own programs. */
  unhealthy: string | null;
  podman: PodmanState;
  /** Why a new version of Podman gets no job yet. */
  untried: string | null;
  missingControllers: string[];
  journalRefused: boolean;
  freeDiskBytes: number | null;
  minFreeDiskBytes: number;
};

export function closedBy(now: Circumstances): Closed {
  if (now.revoked) {
    return { code: "revoked", text: "This runner was revoked." };
  }
  if (now.drain !== null) {
    return { code: "drain", text: `Draining: ${now.drain}`.slice(0, 400) };
  }
  if (now.podman === "unknown") {
    return { code: "podman", text: "Podman has not listed its containers yet." };
  }
  if (now.podman === "away") {
    return { code: "podman", text: "Podman does not answer." };
  }
  if (now.untried !== null) {
    return { code: "podman", text: now.untried.slice(0, 400) };
  }
  if (now.missingControllers.length > 0) {
    const missing = now.missingControllers.join(", ");
    return {
      code: "limits",
      text: `Podman has no control of ${missing}: limits of jobs would not hold.`.slice(0, 400),
    };
  }
  if (now.journalRefused) {
    return { code: "journal", text: "The journal in the state folder cannot be written." };
  }
  if (now.freeDiskBytes !== null && now.freeDiskBytes < now.minFreeDiskBytes) {
    return { code: "disk", text: `Less than ${gib(now.minFreeDiskBytes)} GiB of disk space is free.` };
  }
  if (now.unhealthy !== null) {
    return { code: "health", text: `The site's own check: ${now.unhealthy}`.slice(0, 400) };
  }
  return null;
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
