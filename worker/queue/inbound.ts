/** A runner's frame: decoded, matched with the row that it is about, decided, answered. */
import { CLOSE } from "../../shared/close-codes.ts";
import { decodeRunnerFrame, encodeFrame, type FrameFault } from "../../shared/codec.ts";
import { sideOf } from "../../shared/failure.ts";
import type { Ref } from "../../shared/ids.ts";
import { type Fact, factKey, type RunnerFrame } from "../../shared/protocol.ts";
import { cleanText } from "../../shared/text.ts";
import { isHeldForAdoption } from "./adoption.ts";
import { isWelcomed, type Welcomed } from "./badge.ts";
import { noteFailedStart, noteStart } from "./degraded.ts";
import { takeFact } from "./facts.ts";
import { type At, isActive, type Job, type Step, wasGranted } from "./job.ts";
import { accept, grantStart, refuse } from "./offering.ts";
import type { Line } from "./ports.ts";
import { type RunnerRow, withRoom } from "./runner-store.ts";
import { farewell, takeHello } from "./sessions.ts";
import type { QueueState } from "./state.ts";
import { tellLine } from "./telling.ts";

const MAX_FAULTS = 10;
const FAULT_WINDOW_MS = 60_000;

export async function takeMessage(state: QueueState, line: Line, message: unknown): Promise<void> {
  const decoded = decodeRunnerFrame(message);
  if (!decoded.ok) {
    refuseFrame(state, line, decoded.fault);
    return;
  }
  const { frame } = decoded;
  if (frame.type === "hello") {
    await takeHello(state, line, frame);
    return;
  }
  const badge = line.badge();
  if (!isWelcomed(badge)) {
    refuseFrame(state, line, { code: "bad_frame", field: "type", message: "hello comes first" });
    return;
  }
  state.turn((at) => takeFrame(state, line, badge, frame, at));
}

function refuseFrame(state: QueueState, line: Line, fault: FrameFault): void {
  if (fault.code === "too_big") {
    line.close(CLOSE.TOO_BIG, "frame too big");
    return;
  }
  const badge = line.badge();
  const { nowMs } = state.at();
  const isNew = nowMs - badge.faults.sinceMs > FAULT_WINDOW_MS;
  const faults = isNew ? { count: 1, sinceMs: nowMs } : { ...badge.faults, count: badge.faults.count + 1 };
  line.setBadge({ ...badge, faults });
  line.send(encodeFrame({ type: "error", ...fault }));
  if (faults.count >= MAX_FAULTS) {
    line.close(CLOSE.PROTOCOL, "too many malformed frames");
  }
}

type Later = Exclude<RunnerFrame, { type: "hello" }>;

function takeFrame(state: QueueState, line: Line, { runner, hello }: Welcomed, frame: Later, at: At): void {
  const row = state.runners.get(runner.id);
  if (row?.revoked) {
    farewell(line, { type: "bye", reason: "revoked" }, CLOSE.REVOKED);
    return;
  }
  if (row === null || hello.session < row.session) {
    line.close(CLOSE.OLDER_SESSION, "older session");
    return;
  }
  state.lastFrameMs.set(runner.id, at.nowMs);
  switch (frame.type) {
    case "capacity":
      state.busy.delete(runner.id);
      state.runners.save(withRoom(row, frame, at.nowMs));
      return;
    case "refuse":
      takeRefusal(state, runner.id, frame, at);
      return;
    case "fact":
      answerFact(state, row, frame, at);
      return;
    case "accept":
    case "ready":
    case "progress":
      takeProgress(state, runner.id, frame, at);
      return;
    case "bye":
    case "error":
      state.ports.event(`runner.${frame.type}`, {
        runner: runner.id,
        why: frame.type === "bye" ? frame.reason : frame.code,
      });
      return;
    default:
      frame satisfies never;
  }
}

/** The row of exactly this attempt, if it is still this runner's; otherwise the runner is told to drop it. */
function heldBy(state: QueueState, runner: string, ref: Ref): Job | null {
  const job = state.jobs.get({ id: ref.job, incarnation: ref.incarnation });
  if (job !== null && isOf(job, ref) && isActive(job.place) && job.place.runner === runner) {
    return job;
  }
  state.send({ runner, frame: { type: "forget", ref } });
  return null;
}

function isOf(job: Job, ref: Ref): boolean {
  return job.attempt === ref.attempt && ref.rank === 0;
}

function takeProgress(state: QueueState, runner: string, frame: Extract<Later, { ref: Ref }>, at: At): void {
  const job = heldBy(state, runner, frame.ref);
  if (job !== null) {
    state.take(job, progressed(job, frame, at));
  }
}

function progressed(job: Job, frame: Extract<Later, { ref: Ref }>, at: At): Step {
  switch (frame.type) {
    case "accept":
      return accept(job, frame.ready, at);
    case "ready":
      return grantStart(job, at);
    case "progress": {
      const line = cleanText(frame.text);
      return { job: line === "" || wasGranted(job.place) ? job : tellLine(job, line), send: [] };
    }
    default:
      return { job, send: [] };
  }
}

function takeRefusal(state: QueueState, runner: string, frame: Extract<Later, { type: "refuse" }>, at: At): void {
  const row = state.runners.get(runner);
  if (row !== null) {
    state.runners.save(withRoom(row, frame, at.nowMs));
  }
  if (sideOf(frame.failure) === "busy") {
    state.busy.add(runner);
  }
  const job = heldBy(state, runner, frame.ref);
  if (job !== null) {
    noteFailedStart(state, runner, job, frame.failure, at);
    state.take(job, refuse(job, frame.failure, at));
  }
}

/** Whatever the runner sends: nothing of a job whose output stays at the site. */
function tailOf({ terms, place }: Job, fact: Extract<Later, { type: "fact" }>["fact"]): string | null {
  return fact.kind === "exited" && terms.output === "edge" && isActive(place) ? fact.tail : null;
}

/** What the fact says of the machine. */
function noteHealth(state: QueueState, runner: string, job: Job, fact: Fact, at: At): void {
  if (!isActive(job.place) || job.place.runner !== runner) {
    return;
  }
  if (fact.kind === "not-started" && job.place.state !== "running") {
    noteFailedStart(state, runner, job, fact.failure, at);
  }
  if (fact.kind === "started") {
    noteStart(state, runner, at.nowMs - fact.agoMs);
  }
}

/** Stored before it is acknowledged; the frames of a turn leave after its writes. */
function answerFact(
  state: QueueState,
  { id: runner, name }: RunnerRow,
  frame: Extract<Later, { type: "fact" }>,
  at: At,
): void {
  const { ref, fact } = frame;
  const job = state.jobs.get({ id: ref.job, incarnation: ref.incarnation });
  if (job === null && isHeldForAdoption(state, ref)) {
    return;
  }
  if (job === null || !isOf(job, ref)) {
    state.send({ runner, frame: { type: "forget", ref } });
    return;
  }
  noteHealth(state, runner, job, fact, at);
  const taken = takeFact(job, { id: runner, name }, fact, at);
  state.save(job, taken.job, tailOf(job, fact));
  const answer =
    taken.answer === "ack" ? { type: "ack" as const, ref, ...factKey(fact) } : { type: "forget" as const, ref };
  state.send({ runner, frame: answer }, ...taken.send);
}
