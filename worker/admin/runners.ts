/** `GET /admin/runners` and a runner's verbs: the Registry's list, with what each queue knows of it. */
import { addResources, NO_RESOURCES } from "../../shared/plan.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import type { QueueRunner } from "../queue/api.ts";
import { GONE_SILENT_MS } from "../queue/gone-silent.ts";
import { queueOf, registryOf } from "../queue/stub.ts";
import type { Decided, EnrolledRunner } from "../registry/api.ts";
import type { ShownRunner } from "./answers.ts";
import type { AdminCall } from "./call.ts";
import { knownCategories } from "./categories.ts";
import { readDrain, readReason } from "./reason.ts";

type Deps = { env: Env; settings: Settings };

/** An alarm is set for its end; the platform counts nanoseconds in 64 bits. */
const MAX_DRAIN_MS = 10 * 365 * 86_400_000;

export async function listRunners(request: Request, call: AdminCall): Promise<Response> {
  const isOfAll = readSilent(request);
  const nowMs = Date.now();
  const [enrolled, seen] = await Promise.all([registryOf(call.env).runners(), seenByQueues(call)]);
  const shown = enrolled.map((runner) => ({ runner, view: view(runner, seen) }));
  const items = shown.filter(({ runner, view }) => isOfAll || !isGoneSilent(runner, view, nowMs));
  return Response.json({ items: items.map(({ view }) => view) });
}

/** Not heard for so long, nor enrolled since. Whoever was revoked stays on the list until somebody removes it. */
function isGoneSilent({ enrolledAt }: EnrolledRunner, view: ShownRunner, nowMs: number): boolean {
  const silentForMs = Math.min(view.silentForMs ?? Number.POSITIVE_INFINITY, nowMs - enrolledAt);
  return silentForMs >= GONE_SILENT_MS && view.jobs.length === 0 && !view.revoked;
}

function readSilent(request: Request): boolean {
  const silent = new URL(request.url).searchParams.get("silent");
  if (silent !== null && silent !== "all") {
    throw new GatewayError("bad_request", "silent: This can only be all.");
  }
  return silent === "all";
}

async function seenByQueues(deps: Deps): Promise<QueueRunner[]> {
  const categories = await knownCategories(deps);
  return (await Promise.all(categories.map((category) => queueOf(deps.env, category).runners()))).flat();
}

/** A runner in two categories has one machine and two lines: the one heard last speaks for it. */
function view(runner: EnrolledRunner, seen: QueueRunner[]): ShownRunner {
  const lines = seen.filter(({ id }) => id === runner.id);
  const silences = lines.map(({ silentForMs }) => silentForMs).filter((ms) => ms !== null);
  const newest = lines.toSorted((a, b) => (a.silentForMs ?? Infinity) - (b.silentForMs ?? Infinity))[0];
  return {
    id: runner.id,
    name: runner.name,
    categories: runner.categories,
    connected: lines.some(({ connected }) => connected),
    silentForMs: silences.length === 0 ? null : Math.min(...silences),
    version: newest?.version ?? null,
    cidr: runner.cidr,
    address: newest?.address ?? null,
    hostname: newest?.hostname ?? null,
    podman: newest?.podman ?? null,
    capacity: newest?.capacity ?? null,
    used: lines.reduce((sum, { used }) => addResources(sum, used ?? NO_RESOURCES), NO_RESOURCES),
    jobs: lines.flatMap(({ jobs }) => jobs),
    drained: runner.drained,
    ...closesAt(lines),
    degraded: lines.map(({ degraded }) => degraded).find((one) => one !== null) ?? null,
    revoked: runner.revokedAt !== null,
  };
}

/** By its own operator; each of its queues was told. */
function closesAt(lines: QueueRunner[]): Pick<ShownRunner, "closesAt"> {
  const moments = lines.flatMap(({ closesAt = [] }) => closesAt);
  return moments.length === 0 ? {} : { closesAt: Math.min(...moments) };
}

/**
 * Takes no new jobs until `resume`, or until the moment that the call names; what it has goes on. With `before` only from
 * that moment on, and until then no job that would not be over.
 */
export async function drainRunner(request: Request, call: AdminCall): Promise<Response> {
  const { reason, before, until } = await readDrain(request, call);
  const nowMs = Date.now();
  for (const [field, ms] of Object.entries({ before, until })) {
    if (ms !== null && (ms <= nowMs || ms > nowMs + MAX_DRAIN_MS)) {
      throw new GatewayError("bad_request", `${field}: This moment is over, or more than ten years away.`);
    }
  }
  if (before !== null && until !== null && until <= before) {
    throw new GatewayError("bad_request", "until: The drain would end before it begins.");
  }
  const from = before === null ? {} : { from: before };
  const drain = { kind: "drain", reason, by: call.by.name, until, ...from } as const;
  return changed(await registryOf(call.env).decide(call.said.object, drain));
}

export async function resumeRunner(request: Request, call: AdminCall): Promise<Response> {
  await readReason(request, call);
  return changed(await registryOf(call.env).decide(call.said.object, { kind: "resume" }));
}

/** Its jobs end now, as far as they may run on it; the others go to other machines. */
export async function loseRunner(request: Request, call: AdminCall): Promise<Response> {
  const reason = await readReason(request, call);
  return changed(await registryOf(call.env).decide(call.said.object, { kind: "lost", reason }));
}

/** 200 when every queue has confirmed, 202 with those that have not. */
export async function revokeRunner(request: Request, call: AdminCall): Promise<Response> {
  const revoked = await registryOf(call.env).revoke(call.said.object, await readReason(request, call));
  return changed(revoked, revoked?.open.length === 0 ? 200 : 202);
}

/** Only one that nobody would miss; it can enrol again, as another one. */
export async function removeRunner(request: Request, call: AdminCall): Promise<Response> {
  await readReason(request, call);
  return changed(await removeIdle(call.said.object, call));
}

/** @throws GatewayError `conflict` while it is connected or has jobs. */
export async function removeIdle(id: string, deps: Deps): Promise<Decided | null> {
  const lines = (await seenByQueues(deps)).filter((runner) => runner.id === id);
  if (lines.some(({ connected }) => connected)) {
    throw new GatewayError("conflict", "This runner is connected: stop it, or revoke it, before it is removed.");
  }
  if (lines.some(({ jobs }) => jobs.length > 0)) {
    throw new GatewayError("conflict", "This runner still has jobs: wait for them, or declare it lost.");
  }
  return registryOf(deps.env).remove(id);
}

/** `open`: categories whose queue has not heard of it yet; it is told again until it has. */
function changed(decided: Decided | null, status = 200): Response {
  if (decided === null) {
    throw new GatewayError("not_found", "There is no such runner.");
  }
  const { id, name, categories, drained, revokedAt } = decided.runner;
  return Response.json({ id, name, categories, drained, revoked: revokedAt !== null, open: decided.open }, { status });
}
