/** `limit` of a list: how many items one answer has at most. */
import { GatewayError } from "../http/errors.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** @throws GatewayError `bad_request`. */
export function readLimit(request: Request): number {
  const limit = Number(new URL(request.url).searchParams.get("limit") ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new GatewayError("bad_request", `limit: This must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}
