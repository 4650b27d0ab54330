/**
 * Objects made under one jurisdiction cannot be found under another, so a changed `DATA_JURISDICTION` would look like an
 * empty gateway and its jobs would be lost. The value in use is kept in an object without jurisdiction and compared.
 */
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";

const PLACE_NAME = "jurisdiction";
const NONE = "none";

type Namespace = { getByName(name: string): { jurisdictionInUse(wanted: string): Promise<string> } };

/** Per isolate: the value that was found to be the one in use. */
let agreed: string | null = null;

/** @throws GatewayError `unavailable` when the data lies somewhere else. */
export async function checkJurisdiction(env: Env, { jurisdiction }: Settings): Promise<void> {
  const wanted = jurisdiction ?? NONE;
  if (agreed !== wanted) {
    await agree(env.REGISTRY, wanted);
    agreed = wanted;
  }
}

export async function agree(namespace: Namespace, wanted: string): Promise<void> {
  const inUse = await namespace.getByName(PLACE_NAME).jurisdictionInUse(wanted);
  if (inUse !== wanted) {
    const why = `DATA_JURISDICTION is ${wanted}, but this provider's data was made with ${inUse} and stays there.`;
    throw new GatewayError("unavailable", why);
  }
}
