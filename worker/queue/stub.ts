/** The one place where objects are named and placed. */
import type { Env } from "../env.ts";
import { settingsOf } from "../env.ts";
import type { Registry } from "../registry/object.ts";
import type { JobRelay } from "../relay/object.ts";
import type { JobKey } from "./api.ts";
import type { JobQueue } from "./object.ts";

const REGISTRY_NAME = "registry";

export function queueOf(env: Env, category: string): DurableObjectStub<JobQueue> {
  return placed(env.JOB_QUEUE, settingsOf(env).jurisdiction).getByName(category);
}

export function registryOf(env: Env): DurableObjectStub<Registry> {
  return placed(env.REGISTRY, settingsOf(env).jurisdiction).getByName(REGISTRY_NAME);
}

/** One for each incarnation: whoever looks at a job never sees the output of another that had its id. */
export function relayOf(env: Env, category: string, { id, incarnation }: JobKey): DurableObjectStub<JobRelay> {
  return placed(env.JOB_RELAY, settingsOf(env).jurisdiction).getByName(`${category}/${id}/${incarnation}`);
}

/** What a relay's own name says. */
export function relayName(name: string): { category: string; key: JobKey } {
  const [category = "", id = "", incarnation = ""] = name.split("/");
  return { category, key: { id, incarnation } };
}

type Placing = { jurisdiction(name: string): unknown };

/** Where the platform has no jurisdictions (one machine, the tests) the data is where the process is. */
export function placed<N extends Placing>(namespace: N, jurisdiction: string | null): N {
  if (jurisdiction === null) {
    return namespace;
  }
  try {
    return namespace.jurisdiction(jurisdiction) as N;
  } catch {
    return namespace;
  }
}
