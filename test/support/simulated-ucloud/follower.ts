/**
 * A viewer's log as UCloud/Core follows it, in the framing of either version: today's has one socket a viewer with its
 * token at the upgrade, the older one many streams with a token in each frame. Messages go out in pieces of 4096 bytes.
 */
import { once } from "node:events";
import { uptime } from "node:os";
import WebSocket from "ws";
import * as z from "zod";
import { eventually } from "../eventually.ts";

const PIECE_BYTES = 4096;

const messageSchema = z.object({
  type: z.string().optional(),
  streamId: z.string().optional(),
  status: z.number().optional(),
  payload: z
    .object({
      streamId: z.string().optional(),
      rank: z.number().optional(),
      stdout: z.string().nullish(),
      stderr: z.string().nullish(),
    })
    .optional(),
});
export type FollowMessage = z.infer<typeof messageSchema>;

type Given = { gatewayUrl: string; providerId: string; token: string; era: "today" | "older" };

export class Follower {
  readonly messages: FollowMessage[] = [];
  readonly closed: Promise<number>;
  isOver = false;
  readonly #socket: WebSocket;
  readonly #given: Given;
  /** The program's output, apart. */
  stdout = "";
  stderr = "";
  /** When each message came, in seconds of this machine's uptime. */
  readonly cameAtUptime: number[] = [];

  private constructor(socket: WebSocket, given: Given) {
    this.#socket = socket;
    this.#given = given;
    socket.on("message", (data) => this.#take(data.toString()));
    this.closed = once(socket, "close").then(([code]) => {
      this.isOver = true;
      return Number(code);
    });
  }

  static async open(given: Given): Promise<Follower> {
    const path = given.era === "today" ? `jobs.provider.${given.providerId}` : given.providerId;
    const url = `${given.gatewayUrl.replace("http", "ws")}/ucloud/${path}/websocket?usernameHint=dXNlcg==`;
    const headers = given.era === "today" ? { Authorization: `Bearer ${given.token}` } : {};
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const follower = new Follower(socket, given);
    await once(socket, "open");
    return follower;
  }

  follow(job: unknown, streamId = "ignored"): void {
    this.#say({ type: "init", job }, streamId);
  }

  cancel(stream: string, streamId = "cancel"): void {
    this.#say({ type: "cancel", streamId: stream }, streamId);
  }

  /** Takes nothing more from the line. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.close();
  }

  async shows(what: string, isSo: (seen: this) => boolean): Promise<void> {
    await eventually(what, () => (isSo(this) ? true : null));
  }

  #say(payload: unknown, streamId: string): void {
    const { providerId, era, token } = this.#given;
    const bearer = era === "today" ? "" : token;
    const frame = { call: `jobs.provider.${providerId}.follow`, streamId, payload, bearer, project: null };
    const bytes = Buffer.from(JSON.stringify(frame));
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      this.#socket.send(piece, { binary: false, fin: from + PIECE_BYTES >= bytes.length });
    }
  }

  #take(text: string): void {
    const message = messageSchema.parse(JSON.parse(text));
    this.messages.push(message);
    this.cameAtUptime.push(uptime());
    this.stdout += message.payload?.stdout ?? "";
    this.stderr += message.payload?.stderr ?? "";
  }
}
