/** Whether a line opens for each category: a runner that was removed is refused here. Nothing is said on it. */
import type { Identity } from "../identity.ts";
import { dialOnce } from "./dial.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";

export async function checkLines(examination: Examination): Promise<Found[]> {
  const identity = examination.identity();
  if (typeof identity === "string") {
    return [skipped("nobody is enrolled")];
  }
  return Promise.all(identity.categories.map((category) => checkLine(identity, category)));
}

async function checkLine(identity: Identity, category: string): Promise<Found> {
  const first = await dialOnce(identity, category, Date.now());
  // Like the runner itself: a token that our clock dated wrong is dated by the gateway's.
  const isMisdated = first.is === "refused" && first.status === 401 && Number.isFinite(first.gatewayMs);
  const answer = isMisdated ? await dialOnce(identity, category, first.gatewayMs) : first;
  switch (answer.is) {
    case "open":
      return good(`${category}: opens`);
    case "refused":
      return bad(`${category}: refused with ${answer.status}`, adviceFor(answer.status));
    case "failed":
      return bad(`${category}: does not open (${answer.code})`, "Let WebSockets pass on the way, or set a proxy.");
  }
}

function adviceFor(status: number): string {
  switch (status) {
    case 401:
      return "The gateway does not know this key: enrol again with --replace.";
    case 403:
      return "This runner was removed, or is not enrolled for the category: enrol again with --replace.";
    case 404:
      return "The gateway has no such category: ask its operator.";
    default:
      return "Its operator finds the reason at /healthz; a proxy on the way may answer in its place.";
  }
}
