/** UCloud/Core following a job, and the runner that brings the log, each with its socket. */
import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { expect, vi } from "vitest";
import * as z from "zod";
import type { Ref } from "../../../shared/ids.ts";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../../shared/proof.ts";
import {
  type Entry,
  RELAY_SUBPROTOCOL,
  type RelayFrame,
  type RelayOrder,
  relayClaim,
  relayOrderSchema,
} from "../../../shared/relay.ts";
import { coreToken } from "./core-tokens.ts";
import { storedJobs } from "./queues.ts";
import { CATEGORY, type Runner } from "./runner-client.ts";

const OFTEN = { interval: 5, timeout: 4_000 };
export const CALL = "jobs.provider.ucloud.follow";
export const TODAY = "/ucloud/jobs.provider.ucloud/websocket";
export const OLDER = "/ucloud/ucloud/websocket";

const frameSchema = z.looseObject({
  type: z.string().optional(),
  status: z.number().optional(),
  streamId: z.string().optional(),
  payload: z
    .looseObject({ streamId: z.string(), rank: z.number(), stdout: z.string().nullish(), stderr: z.string().nullish() })
    .optional(),
});
export type CoreFrame = z.infer<typeof frameSchema>;

/** The upgrade; `token` null: none. */
export function upgradeFollow(path: string, token: string | null, headers = {}): Promise<Response> {
  const all = new Headers({ Upgrade: "websocket", ...headers });
  if (token !== null) {
    all.set("Authorization", `Bearer ${token}`);
  }
  return exports.default.fetch(new Request(`http://gateway.invalid${path}`, { headers: all }));
}

/** Either end: what came, and how it was closed. */
class End {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | null = null;

  constructor(response: Response) {
    expect(response.status).toBe(101);
    if (!response.webSocket) {
      throw new Error("the upgrade brought no socket");
    }
    this.socket = response.webSocket;
    this.socket.addEventListener("message", ({ data }) => void this.texts.push(String(data)));
    this.socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
    this.socket.accept();
  }

  async isClosed(code: number): Promise<void> {
    await vi.waitFor(() => expect(this.closed?.code).toBe(code), OFTEN);
  }
}

export class CoreSocket extends End {
  static async today(job: unknown): Promise<CoreSocket> {
    const socket = new CoreSocket(await upgradeFollow(TODAY, await coreToken()));
    socket.follow(job, { bearer: "" });
    return socket;
  }

  static async older(): Promise<CoreSocket> {
    return new CoreSocket(await upgradeFollow(OLDER, null));
  }

  follow(job: unknown, { bearer = "", streamId = "ignored", call = CALL } = {}): void {
    this.say({ call, streamId, payload: { type: "init", job }, bearer, project: null });
  }

  say(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  get frames(): CoreFrame[] {
    return this.texts.map((text) => frameSchema.parse(JSON.parse(text)));
  }

  get stdout(): string {
    return this.frames.map(({ payload }) => payload?.stdout ?? "").join("");
  }

  get stderr(): string {
    return this.frames.map(({ payload }) => payload?.stderr ?? "").join("");
  }

  async shows(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.stdout + this.stderr).toContain(text), OFTEN);
  }

  async ends(status: number): Promise<void> {
    await vi.waitFor(() => expect(this.frames.at(-1)).toMatchObject({ type: "response", status }), OFTEN);
  }
}

type Dial = { ref: Ref; nonce: string; claim?: string; category?: string };

export async function dialRelay(runner: Runner, { ref, nonce, claim, category = CATEGORY }: Dial): Promise<Response> {
  const iat = Math.floor(Date.now() / 1000);
  const standard = { iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, sub: runner.id, category, iat };
  const token = await new SignJWT({ ...standard, relay: claim ?? relayClaim(ref, nonce) })
    .setProtectedHeader({ alg: "EdDSA" })
    .sign(runner.key.privateKey);
  const { job, incarnation, attempt } = ref;
  const query = new URLSearchParams({ category, job, incarnation, attempt: String(attempt), nonce });
  const headers = {
    Upgrade: "websocket",
    "Sec-WebSocket-Protocol": RELAY_SUBPROTOCOL,
    Authorization: `Bearer ${token}`,
  };
  return exports.default.fetch(new Request(`http://gateway.invalid/runner/v1/relay?${query}`, { headers }));
}

/** The runner's end of a log. */
export class LogEnd extends End {
  static async open(runner: Runner, dial: Dial): Promise<LogEnd> {
    return new LogEnd(await dialRelay(runner, dial));
  }

  get orders(): RelayOrder[] {
    return this.texts.map((text) => relayOrderSchema.parse(JSON.parse(text)));
  }

  /** The `stream` orders, of which there must be so many by now. */
  async streams(count: number): Promise<Extract<RelayOrder, { type: "stream" }>[]> {
    const seen = () => this.orders.filter((order) => order.type === "stream");
    await vi.waitFor(() => expect(seen()).toHaveLength(count), OFTEN);
    return seen();
  }

  say(frame: RelayFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** One piece of output; its cursor says where it ends. */
  write(
    stream: number,
    text: string,
    { from = "stdout" as Entry["from"], cursor = text, bytes = text.length } = {},
  ): void {
    this.say({ type: "chunk", stream, entries: [{ from, text }], bytes, cursor });
  }
}

export async function relayStub(id = "54112") {
  const job = (await storedJobs()).find((one) => one.id === id && !one.mute);
  return env.JOB_RELAY.getByName(`${CATEGORY}/${id}/${job?.incarnation}`);
}
