/**
 * Calls that need nothing done here, and calls for what this provider does not do: the user reads the sentence. None of
 * them wakes an object.
 */
import { readJson } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import { itemsOf } from "./create.ts";

/** Its dynamic parameters are asked for whenever a user opens an application: there are none. */
const NOTHING_TO_DO: Readonly<Record<string, object>> = {
  "jobs/requestDynamicParameters": { parameters: [] },
  "jobs/onUpdatedLabels": {},
  // Of the UCloud of 2022: who is about to use the provider.
  "jobs/init": {},
  // UCloud calls it between its repeats of a call that was answered 503.
  "integration/init": {},
  "integration/unlinked": {},
  "ssh/keyUploaded": {},
};

const NOT_POSSIBLE: Readonly<Record<string, string>> = {
  "jobs/interactiveSession": "A job has no web page, desktop or terminal here for now.",
  "jobs/openTerminalInFolder": "A terminal cannot be opened here for now.",
  "jobs/attachResource": "Nothing can be attached to a running job here.",
  "jobs/detachResource": "Nothing can be detached from a running job here.",
};

export const OTHER_CALLS = [...Object.keys(NOTHING_TO_DO), ...Object.keys(NOT_POSSIBLE)];

/** @throws GatewayError with a sentence for the user. */
export function answerOtherCall(call: string): Response {
  const answer = NOTHING_TO_DO[call];
  if (answer === undefined) {
    throw new GatewayError("bad_request", NOT_POSSIBLE[call] ?? "There is no such call.");
  }
  return Response.json(answer);
}

/** The older UCloud tells who may see a job. Nothing here depends on it, and without an answer the user's change fails. */
export async function answerUpdateAcl(request: Request): Promise<Response> {
  return Response.json({ responses: itemsOf(await readJson(request)).map(() => ({})) });
}
