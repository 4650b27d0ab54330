/**
 * How often one address may knock, before anybody is asked about it. The platform counts, per location and roughly, and
 * forgets by itself: nothing of it is kept here.
 */
import { GatewayError } from "../http/errors.ts";
import { addressOf, callerKey } from "./address.ts";

/** As the platform's rate limits are. */
type Limit = { limit(of: { key: string }): Promise<{ success: boolean }> };
type Limits = { CONNECT_LIMIT: Limit; CONNECT_ADDRESS_LIMIT: Limit; ENROLL_LIMIT: Limit };

/** @throws GatewayError `too_many_requests`. */
export async function checkEnrolRate(request: Request, { ENROLL_LIMIT }: Pick<Limits, "ENROLL_LIMIT">): Promise<void> {
  const { success } = await ENROLL_LIMIT.limit({ key: callerOf(request) });
  if (!success) {
    throw new GatewayError("too_many_requests", "Too many enrolments from this address; wait a minute.");
  }
}

/**
 * Of an address with all its runners, and of each runner there. An id is only claimed here: counted for itself, anybody
 * who claims it could keep the real one out.
 *
 * @throws GatewayError `too_many_requests`.
 */
export async function checkConnectRate(
  request: Request,
  limits: Pick<Limits, "CONNECT_LIMIT" | "CONNECT_ADDRESS_LIMIT">,
  claimed: string,
): Promise<void> {
  const caller = callerOf(request);
  const all = await limits.CONNECT_ADDRESS_LIMIT.limit({ key: caller });
  if (!all.success) {
    throw new GatewayError("too_many_requests", "Too many connections from this address; wait a minute.");
  }
  const one = await limits.CONNECT_LIMIT.limit({ key: `${caller} ${claimed}` });
  if (!one.success) {
    throw new GatewayError("too_many_requests", "This runner connects too often; wait a minute.");
  }
}

function callerOf(request: Request): string {
  return callerKey(addressOf(request));
}
