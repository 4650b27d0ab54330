/**
 * The steps of an execution, done: each asks Podman for one thing with Podman's own deadlines, and writes down what came
 * of it. A failure that is thrown from here is tried again later; one that ends the attempt is recorded.
 */
import { doubling } from "../../shared/backoff.ts";
import { refName } from "../../shared/ids.ts";
import { EngineError } from "../engine/engine.ts";
import { errorFields } from "../log.ts";
import { clearMounts } from "./drive-mounts.ts";
import type { Execution } from "./execution.ts";
import { findingOf, mayBeAlive } from "./finding.ts";
import { noteEnd } from "./folder-end.ts";
import { runEpilog, runProlog } from "./hook-steps.ts";
import { judge } from "./judgement.ts";
import { nextStep, type Step } from "./next-step.ts";
import { neverRan } from "./outcome.ts";
import { readOutputTail } from "./output-tail.ts";
import { createContainer, prepareImage } from "./preparation.ts";
import { notBeforeMs, type Start } from "./record.ts";
import { saveOutput } from "./saved-output.ts";
import { refuseStart } from "./start-refusal.ts";
import { carryOut } from "./suspending.ts";
import { goneOn } from "./suspension.ts";

const WATCH_AGAIN_MS = 250;
const WATCH_AGAIN_MAX_MS = 10_000;

export async function takeStep(execution: Execution, step: Exclude<Step, { do: "rest" }>): Promise<void> {
  switch (step.do) {
    case "record":
      execution.save(step.attempt);
      return;
    case "prepare":
      await prepareImage(execution);
      return;
    case "prolog":
      await runProlog(execution);
      return;
    case "epilog":
      await runEpilog(execution);
      return;
    case "create":
      await createContainer(execution);
      return;
    case "start":
      await startOnce(execution);
      return;
    case "look":
      await look(execution);
      return;
    case "watch":
      watch(execution);
      return;
    case "pause":
    case "resume":
      await carryOut(execution, step.do === "pause");
      return;
    case "save-output":
      await saveOutput(execution);
      return;
    case "signal":
      await sendSignal(execution, step.signal);
      return;
    case "remove":
      await remove(execution, step.after);
      return;
    default:
      step satisfies never;
  }
}

/** The call is on disk before it leaves, its answer when it is known; a crash between the two reads as no answer. */
async function startOnce(execution: Execution): Promise<void> {
  const { context } = execution;
  const { serviceStartedAt } = await context.engine.info();
  const refusal = await refuseStart(execution);
  // A cancel may have come while Podman was asked.
  if (execution.closed || nextStep(execution.attempt, execution.view, execution.known()).do !== "start") {
    return;
  }
  const { attempt, view } = execution;
  if (refusal !== null && attempt.start === null) {
    // Start was never called: whatever became of the container, its program did not run.
    execution.save(neverRan(attempt, context.now(), refusal));
    return;
  }
  const imageDigest = attempt.imageDigest ?? view.image?.digest ?? null;
  const calls = (attempt.start?.calls ?? 0) + 1;
  const startMs = context.startMs();
  const start: Start = {
    calledAt: context.now(),
    startMs,
    service: serviceStartedAt,
    calls,
    answer: refusal ?? "pending",
  };
  execution.save({ ...attempt, imageDigest, start });
  execution.view = { ...execution.view, mayStart: false, lookAtMs: 0 };
  if (refusal !== null) {
    return;
  }
  const answer = await callStart(execution, startMs);
  execution.save({ ...execution.attempt, start: { ...start, answer } });
}

async function callStart(execution: Execution, startMs: number): Promise<Start["answer"]> {
  const { context, attempt } = execution;
  try {
    await context.engine.start(refName(attempt.ref), startMs);
    return "ok";
  } catch (error) {
    context.log.warn({ ref: attempt.ref, ...errorFields(error) }, "attempt.start_failed");
    context.troubled(error);
    return error instanceof EngineError && !error.unknown ? error.failure : "unknown";
  }
}

async function look(execution: Execution): Promise<void> {
  const { context, attempt } = execution;
  const { engine } = context;
  const facts = await engine.inspect(refName(attempt.ref));
  const alive = mayBeAlive(facts) && (await engine.isAlive(facts, notBeforeMs(attempt, context.now())));
  const finding = findingOf(facts, alive);
  const now = context.now();
  const undecided = finding.is === "never-ran" && attempt.started === null;
  const service = undecided ? (await engine.info()).serviceStartedAt : null;
  const tail = finding.is === "exited" ? await readOutputTail(context, attempt) : null;
  // Nothing was decided before the last answer: orders that came meanwhile are in the attempt now.
  const judged = judge(execution.attempt, execution.view, finding, { now, service, tail });
  const { imageDigest } = judged.attempt;
  const digest = imageDigest ?? facts?.imageDigest ?? null;
  // What the journal refuses was not found: the view stays, and with it the look that is due.
  execution.save(digest === imageDigest ? judged.attempt : { ...judged.attempt, imageDigest: digest });
  execution.view = { ...judged.view, failures: 0 };
}

/** Waits for the exit in the background. Podman going away is no exit: then the container is looked at. */
function watch(execution: Execution): void {
  const { context, attempt } = execution;
  execution.view = { ...execution.view, watching: true };
  const beganMs = context.now().uptimeMs;
  const over = () => {
    const nowMs = context.now().uptimeMs;
    // Long waits that end are the normal life of Podman's service; short ones in a row wait longer each time.
    const again = nowMs - beganMs > WATCH_AGAIN_MAX_MS ? 0 : execution.view.watchFailures;
    const watchAtMs = nowMs + doubling(again, WATCH_AGAIN_MS, WATCH_AGAIN_MAX_MS);
    execution.view = { ...execution.view, watching: false, watchFailures: again + 1, watchAtMs };
    execution.look();
  };
  context.engine.wait(refName(attempt.ref), execution.watchSignal).then(over, over);
}

async function sendSignal(execution: Execution, signal: "TERM" | "KILL"): Promise<void> {
  const { context, attempt } = execution;
  await context.engine.kill(refName(attempt.ref), signal);
  const now = context.now();
  execution.save(goneOn(execution.attempt, now));
  // Whatever the watch misses is seen by a look soon after the signal.
  execution.view = { ...execution.view, failures: 0, lookAtMs: now.uptimeMs + WATCH_AGAIN_MS };
  if (signal === "KILL") {
    execution.view = { ...execution.view, killedMs: now.uptimeMs };
    return;
  }
  execution.save({ ...execution.attempt, termAt: now });
}

async function remove(execution: Execution, after: "close" | "keep" | "discard"): Promise<void> {
  const { context, attempt } = execution;
  await context.engine.remove(refName(attempt.ref));
  await clearMounts(context, attempt, execution.plan);
  execution.view = { ...execution.view, removed: true, failures: 0 };
  if (after === "discard") {
    execution.save(neverRan(execution.attempt, context.now(), null));
    return;
  }
  if (after === "close") {
    await noteEnd(context, attempt);
    context.journal.remove(attempt.ref);
    execution.close();
    context.closed(execution.attempt);
  }
}
