/**
 * The doctor's last question about the gateway: whether a line opens for each category. Proxies and firewalls let
 * requests pass and cut WebSockets; a runner that was removed is refused here too. Nothing is said on the line.
 */

import { dialGateway } from "./dialling.ts";
import type { Finding } from "./doctor.ts";
import type { Identity } from "./identity.ts";

type Answer = { is: "open" } | { is: "refused"; status: number; gatewayMs: number } | { is: "failed"; code: string };

export async function checkLines(identity: Identity): Promise<Finding[]> {
  return Promise.all(identity.categories.map((category) => checkLine(identity, category)));
}

async function checkLine(identity: Identity, category: string): Promise<Finding> {
  const first = await tryLine(identity, category, Date.now());
  // Like the runner itself: a token that our clock dated wrong is dated by the gateway's.
  const isMisdated = first.is === "refused" && first.status === 401 && Number.isFinite(first.gatewayMs);
  const answer = isMisdated ? await tryLine(identity, category, first.gatewayMs) : first;
  const bad = (found: string, advice: string) => ({ check: "line", ok: false, found: `${category}: ${found}`, advice });
  switch (answer.is) {
    case "open":
      return { check: "line", ok: true, found: `${category}: opens`, advice: "" };
    case "refused":
      return bad(`refused with ${answer.status}`, adviceFor(answer.status));
    case "failed":
      return bad(`does not open (${answer.code})`, "Let WebSockets pass on the way, or set HTTPS_PROXY or NO_PROXY.");
  }
}

function tryLine(identity: Identity, category: string, nowMs: number): Promise<Answer> {
  const line = dialGateway({ identity, category }, nowMs);
  return new Promise<Answer>((resolve) => {
    line.on("open", () => resolve({ is: "open" }));
    line.on("unexpected-response", (_request, { statusCode, headers }) =>
      resolve({ is: "refused", status: statusCode ?? 0, gatewayMs: Date.parse(headers.date ?? "") }),
    );
    line.on("error", (error) =>
      resolve({ is: "failed", code: "code" in error && typeof error.code === "string" ? error.code : "no answer" }),
    );
  }).finally(() => line.terminate());
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
