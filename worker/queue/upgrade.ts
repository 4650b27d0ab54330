/** The upgrade of a runner that the Worker has checked; the queue may know by now that it was removed or enrolled again. */
import { SUBPROTOCOL } from "../../shared/proof.ts";
import type { Queue } from "./queue.ts";
import { RUNNER_HEADER, runnerOf } from "./runner-header.ts";
import type { SocketLines } from "./socket-line.ts";

type Given = { ctx: DurableObjectState; lines: SocketLines; queue: Queue };

export function acceptRunner(request: Request, { ctx, lines, queue }: Given): Response {
  const runner = runnerOf(request.headers.get(RUNNER_HEADER));
  if (runner === null || request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return new Response(null, { status: 426 });
  }
  if (queue.isRevoked(runner.id)) {
    return new Response(null, { status: 403 });
  }
  if (queue.isOutdated(runner)) {
    return new Response(null, { status: 401 });
  }
  const { 0: client, 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server, [runner.id]);
  queue.open(lines.lineOf(server), runner);
  return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL } });
}
