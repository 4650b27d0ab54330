/** The first words of a line: the upgrade with its token, the proven `hello`, and what a refused upgrade means. */
import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { proofText, SUBPROTOCOL } from "../shared/proof.ts";
import { MAX_FRAME_BYTES, type RunnerFrame } from "../shared/protocol.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { signText } from "./identity.ts";
import { wayTo } from "./proxy.ts";
import type { Ending } from "./reconnect.ts";
import { upgradeToken } from "./upgrade-token.ts";

const HANDSHAKE_MS = 15_000;
/** Where the refusal does not say how long. */
const THROTTLED_MS = 60_000;

type Dial = Pick<ConnectionOptions, "identity" | "category">;

export function dialGateway({ identity, category }: Dial, gatewayMs: number): WebSocket {
  const url = new URL(`/runner/v1/connect?category=${encodeURIComponent(category)}`, identity.gateway);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const { privateKey, runner } = identity;
  const token = upgradeToken({ privateKey, runner: runner.id, category, gatewayMs });
  return new WebSocket(url, [SUBPROTOCOL], {
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    ...wayTo(url),
  });
}

export function helloFrame(options: ConnectionOptions, nonce: string): RunnerFrame {
  const { identity, instance, version, machine, listener, category } = options;
  const text = proofText({ nonce, runner: identity.runner.id, category, instance });
  return {
    type: "hello",
    proof: signText(identity.privateKey, text).toString("base64"),
    instance,
    version,
    machine: { hostname: machine.hostname, arch: machine.arch, podman: machine.podman() },
    ...listener.describe(category),
  };
}

export type Refusal = { ending: Ending; trouble: string; offsetMs: number | null; isForbidden: boolean };

/** `date` is the gateway's own clock: with it the next token is dated right. */
export type RefusedUpgrade = { status: number; date: string | undefined; retryAfter?: string | undefined };

export function refusedUpgrade({ statusCode = 0, headers }: IncomingMessage): RefusedUpgrade {
  return { status: statusCode, date: headers.date, retryAfter: headers["retry-after"] };
}

export function judgeRefusal({ status, date, retryAfter }: RefusedUpgrade, nowMs: number): Refusal {
  const gatewayMs = Date.parse(date ?? "");
  if (status === 401) {
    const offsetMs = Number.isFinite(gatewayMs) ? gatewayMs - nowMs : null;
    const trouble = "the gateway does not take this runner's token";
    return { ending: { is: "wrong-time" }, trouble, offsetMs, isForbidden: false };
  }
  if (status === 403) {
    const trouble = "the gateway refuses this runner: it was removed, or is not enrolled for this category";
    return { ending: { is: "refused" }, trouble, offsetMs: null, isForbidden: true };
  }
  if (status === 429) {
    const ending: Ending = { is: "throttled", retryAfterMs: retryAfterMs(retryAfter) };
    const trouble = "the gateway is dialled too often from this address";
    return { ending, trouble, offsetMs: null, isForbidden: false };
  }
  return { ending: { is: "failed" }, trouble: `the gateway answers ${status}`, offsetMs: null, isForbidden: false };
}

/** Seconds; the other form, a date, is told by nobody whom a runner dials. */
export function retryAfterMs(text: string | undefined): number {
  return /^\d{1,6}$/.test(text ?? "") ? Number(text) * 1000 : THROTTLED_MS;
}
