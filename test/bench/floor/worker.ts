/**
 * The least that a gateway on this platform can be: it stores the body that it was sent, unparsed, without asking for a
 * token, and tells whoever has a socket open. What the gateway is measured against.
 */
import { DurableObject } from "cloudflare:workers";

type Env = { STORE: DurableObjectNamespace<Store> };

export class Store extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS body (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async keep(text: string): Promise<void> {
    this.ctx.storage.sql.exec("INSERT INTO body (text) VALUES (?)", text);
    for (const socket of this.ctx.getWebSockets()) {
      socket.send("kept");
    }
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const store = env.STORE.getByName("store");
    if (request.headers.has("Upgrade")) {
      return store.fetch(request);
    }
    if (request.method === "POST") {
      await store.keep(await request.text());
    }
    return Response.json({ responses: [null] });
  },
} satisfies ExportedHandler<Env>;
