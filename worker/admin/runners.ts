/** `GET /admin/runners` and a runner's verbs: the Registry's list, with what each queue knows of it. */
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import type { QueueRunner } from "../queue/api.ts";
import { queueOf, registryOf } from "../queue/stub.ts";
import type { EnrolledRunner } from "../registry/api.ts";
import { knownCategories } from "./categories.ts";
import { readReason } from "./reason.ts";

type Deps = { env: Env; settings: Settings };

export async function listRunners({ env, settings }: Deps): Promise<Response> {
  const categories = await knownCategories({ env, settings });
  const [enrolled, ...queues] = await Promise.all([
    registryOf(env).runners(),
    ...categories.map((category) => queueOf(env, category).runners()),
  ]);
  const seen = queues.flat();
  return Response.json({ items: enrolled.map((runner) => view(runner, seen)) });
}

/** A runner in two categories has one machine and two lines: the one heard last speaks for it. */
function view(runner: EnrolledRunner, seen: QueueRunner[]) {
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
    capacity: newest?.capacity ?? null,
    jobs: lines.flatMap(({ jobs }) => jobs),
    drained: false,
    degraded: false,
    revoked: runner.revokedAt !== null,
  };
}

/** 200 when every queue has confirmed, 202 with those that have not. */
export async function revokeRunner(request: Request, id: string, { env }: Deps): Promise<Response> {
  const revoked = await registryOf(env).revoke(id, await readReason(request));
  if (revoked === null) {
    throw new GatewayError("not_found", "There is no such runner.");
  }
  const { runner, open } = revoked;
  return Response.json(
    { id: runner.id, name: runner.name, categories: runner.categories, revoked: true, open },
    { status: open.length === 0 ? 200 : 202 },
  );
}
