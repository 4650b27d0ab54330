/**
 * A runner's line: accepted with a challenge, proven by `hello`, and superseded by its next. Two sockets can belong to
 * one runner, because it reconnects before we notice that the old line is dead: the higher session wins.
 */
import { CLOSE } from "../../shared/close-codes.ts";
import { encodeFrame } from "../../shared/codec.ts";
import { proofText } from "../../shared/proof.ts";
import type { GatewayFrame, Hello, Welcome } from "../../shared/protocol.ts";
import type { RunnerIdentity } from "./api.ts";
import { type Badge, isWelcomed } from "./badge.ts";
import { noteBirth } from "./brake.ts";
import { isOutdated } from "./enrolment.ts";
import { planGoneSilent } from "./gone-silent.ts";
import { answerInventory } from "./inventory.ts";
import type { At } from "./job.ts";
import type { Line } from "./ports.ts";
import { type RunnerRow, unknownRunner, withRoom } from "./runner-store.ts";
import { drainWords } from "./standing.ts";
import type { QueueState } from "./state.ts";
import { watchedOn } from "./watches.ts";

/** A `hello` must come this soon after the challenge. */
export const HELLO_MS = 10_000;
/** The oldest runner that this gateway still serves. */
export const OLDEST_RUNNER = "0.1.0";
/** After a restart of the gateway its runners come back at about this rate per second. */
const RECONNECTS_PER_S = 50;
const MIN_RECONNECT_WINDOW_MS = 1_000;

export function openBadge(runner: RunnerIdentity, state: QueueState): Badge {
  const { nowMs } = state.at();
  return {
    runner,
    nonce: state.ports.randomHex(16),
    openedAtMs: nowMs,
    hello: null,
    faults: { count: 0, sinceMs: nowMs },
  };
}

export function challenge(badge: Badge): GatewayFrame {
  return { type: "challenge", nonce: badge.nonce };
}

/** Closes the socket when the proof is wrong, the runner is revoked or its key lives in two places. */
export async function takeHello(state: QueueState, line: Line, hello: Hello): Promise<void> {
  const asked = line.badge();
  const { id, publicKey } = asked.runner;
  const text = proofText({
    nonce: asked.nonce,
    runner: id,
    category: state.ports.category,
    instance: hello.instance,
  });
  if (!(await state.ports.verify(publicKey, text, hello.proof))) {
    state.ports.event("runner.wrong_proof", { runner: id });
    line.close(CLOSE.WRONG_PROOF, "wrong proof");
    return;
  }
  state.turn((at) => welcome(state, line, hello, at));
}

function welcome(state: QueueState, line: Line, hello: Hello, at: At): void {
  // Others may have walked in while the proof was checked.
  const badge = line.badge();
  const { id, name, enrolledAt } = badge.runner;
  const row = state.runners.get(id) ?? unknownRunner(id, name);
  if (row.revoked) {
    farewell(line, { type: "bye", reason: "revoked" }, CLOSE.REVOKED);
    return;
  }
  if (isOutdated(badge.runner, row)) {
    line.close(CLOSE.WRONG_PROOF, "enrolled again");
    return;
  }
  const waitMs = otherInstanceMs(state, badge, hello.instance, at);
  if (waitMs > 0) {
    state.ports.event("runner.other_instance", { runner: id });
    farewell(line, { type: "bye", reason: "other instance", retryAfterMs: waitMs }, CLOSE.OTHER_INSTANCE);
    return;
  }
  const isFirst = badge.hello === null;
  const session = isFirst ? row.session + 1 : (badge.hello?.session ?? row.session);
  if (isFirst) {
    closeOlder(state, line, id);
  } else if (session < row.session) {
    line.close(CLOSE.OLDER_SESSION, "older session");
    return;
  }
  line.setBadge({ ...badge, hello: { session, instance: hello.instance, atMs: at.nowMs } });
  state.busy.delete(id);
  const { address = null } = badge.runner;
  noteMove(state, row, { address, hostname: hello.machine.hostname });
  // A newer enrolment than the one that dropped this category has it again.
  const removed = row.removed && (enrolledAt ?? 0) <= row.enrolledAt;
  const known = { ...row, name, address, removed, enrolledAt: enrolledAt ?? row.enrolledAt };
  state.runners.save(helloed(known, session, hello, at));
  noteBirth(state, at);
  const verdicts = answerInventory(state, id, hello.inventory, at);
  const drained = drainWords(row, at);
  const frame = { ...greeting(state, badge, at), verdicts, ...(drained === null ? {} : { drained }) };
  state.send({ runner: id, frame });
  if (isFirst) {
    const jobs = hello.inventory === "unknown" ? null : hello.inventory.length;
    const { category } = state.ports;
    state.outbox.event("runner.connected", { category, runner: id, session, version: hello.version, jobs });
  }
  for (const job of watchedOn(state, id)) {
    state.outbox.noteNews(job, true);
  }
}

/** The key is the same, the place is not: it was moved, or stolen. */
function noteMove(state: QueueState, row: RunnerRow, now: Pick<RunnerRow, "address" | "hostname">): void {
  const isAddress = row.address !== null && now.address !== row.address;
  const isMachine = row.hostname !== null && now.hostname !== row.hostname;
  if (isAddress || isMachine) {
    const { category } = state.ports;
    state.outbox.event("runner.address_changed", { category, runner: row.id, isAddress, isMachine });
  }
}

function helloed(row: RunnerRow, session: number, hello: Hello, { nowMs }: At): RunnerRow {
  const { instance, version, inventory, machine } = hello;
  return {
    ...withRoom(row, hello, nowMs),
    session,
    instance,
    version,
    hostname: machine.hostname,
    podman: machine.podman,
    complete: inventory !== "unknown",
    lastSignMs: null,
  };
}

function greeting(state: QueueState, { runner }: Badge, { nowMs, times }: At): Omit<Welcome, "verdicts"> {
  const { pingMs, pongMs, leaseMs, startMs, stopMarginMs } = times;
  // Right after a deploy few lines are open, and those who come first must not be told that they are few.
  const runners = Math.max(state.ports.lines().length, state.runners.countSince(nowMs - leaseMs));
  return {
    type: "welcome",
    runner: { id: runner.id, name: runner.name },
    times: { pingMs, pongMs, leaseMs, startMs, stopMarginMs },
    now: nowMs,
    reconnectWindowMs: Math.max(MIN_RECONNECT_WINDOW_MS, Math.ceil((runners / RECONNECTS_PER_S) * 1_000)),
    oldestVersion: OLDEST_RUNNER,
  };
}

/** How long the other machine with this key may still be alive; 0: it is not. One with an older key is replaced. */
function otherInstanceMs(state: QueueState, badge: Badge, instance: string, { nowMs, times }: At): number {
  const alive = state.ports.lines(badge.runner.id).map((line) => {
    const other = line.badge();
    if (!isWelcomed(other) || other.hello.instance === instance || isOlderKey(other, badge)) {
      return 0;
    }
    const signMs = Math.max(other.hello.atMs, line.lastPingMs() ?? 0);
    return signMs + times.pingMs + times.pongMs - nowMs;
  });
  return Math.max(0, ...alive);
}

function isOlderKey(other: Badge, { runner }: Badge): boolean {
  return (other.runner.enrolledAt ?? 0) < (runner.enrolledAt ?? 0);
}

function closeOlder(state: QueueState, line: Line, runner: string): void {
  for (const other of state.ports.lines(runner)) {
    if (other !== line && isWelcomed(other.badge())) {
      other.close(CLOSE.OLDER_SESSION, "older session");
    }
  }
}

export function farewell(line: Line, frame: GatewayFrame, code: number): void {
  line.send(encodeFrame(frame));
  line.close(code, frame.type === "bye" ? frame.reason : "");
}

/** The socket is gone; a sign of life that only it kept is written down. */
export function loseLine(state: QueueState, line: Line, at: At): void {
  const badge = line.badge();
  const row = state.runners.get(badge.runner.id);
  if (row === null || !isWelcomed(badge) || badge.hello.session !== row.session) {
    return;
  }
  const lastFrameMs = state.lastFrameMs.get(row.id) ?? 0;
  const lastSignMs = Math.max(badge.hello.atMs, line.lastPingMs() ?? 0, lastFrameMs);
  state.runners.save({ ...row, lastSignMs: Math.min(lastSignMs, at.nowMs) });
  planGoneSilent(state, at);
  const { category } = state.ports;
  const times = { openMs: at.nowMs - badge.openedAtMs, silentMs: Math.max(0, at.nowMs - lastSignMs) };
  state.outbox.event("runner.disconnected", { category, runner: row.id, session: row.session, ...times });
}
