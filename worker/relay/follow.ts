/**
 * `GET …/websocket`: UCloud/Core follows jobs. The socket stays with this Worker, because only its first frame says which
 * job is meant; each stream on it has a socket of its own to that job's relay.
 */
import { bearerOf, checkUcloudBearer } from "../auth/ucloud.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { checkJurisdiction } from "../registry/jurisdiction.ts";
import { FollowSocket } from "./follow-socket.ts";

export async function followJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const isToday = request.headers.has("Authorization");
  if (isToday) {
    await checkUcloudBearer(bearerOf(request), settings.publicKeys, Date.now());
  }
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    throw new GatewayError("upgrade_required", "A WebSocket was expected.");
  }
  await checkJurisdiction(env, settings);
  const { 0: client, 1: socket } = new WebSocketPair();
  new FollowSocket(socket, { env, settings, era: isToday ? "today" : "older" }).open();
  return new Response(null, { status: 101, webSocket: client });
}
