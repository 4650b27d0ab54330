/**
 * One stream of a viewer: a socket to its job's relay. A relay that was moved or restarted is dialled again from where
 * the stream stood, so its viewer notices nothing.
 */
import { doubling } from "../../shared/backoff.ts";
import type { Env } from "../env.ts";
import type { JobKey } from "../queue/api.ts";
import { relayOf } from "../queue/stub.ts";
import type { Voice } from "./framing.ts";
import { ACK, type Position, START, unpackParcel, VIEWER_HEADER } from "./parcel.ts";

const AGAIN_MS = 250;
const AGAIN_MAX_MS = 5_000;
/** About two minutes of tries; a deploy takes seconds. */
const MAX_TRIES = 30;

type Given = {
  env: Env;
  category: string;
  key: JobKey;
  voice: Voice;
  send(frame: string): void;
  /** The relay has said its last word, or cannot be reached any more. */
  ended(): void;
};

export class RelayStream {
  readonly #given: Given;
  #relay: WebSocket | null = null;
  #position: Position = START;
  #tries = 0;
  #isClosed = false;

  constructor(given: Given) {
    this.#given = given;
  }

  async open(): Promise<void> {
    try {
      const relay = await this.#dial();
      if (this.#isClosed) {
        relay.close(1000, "gone");
        return;
      }
      this.#relay = relay;
      this.#listen(relay);
    } catch {
      this.#again();
    }
  }

  /** Nobody looks any more. */
  close(): void {
    this.#isClosed = true;
    this.#relay?.close(1000, "gone");
  }

  async #dial(): Promise<WebSocket> {
    const { env, category, key, voice } = this.#given;
    const arrival = JSON.stringify({ voice, position: this.#position });
    const headers = { Upgrade: "websocket", [VIEWER_HEADER]: arrival };
    const { webSocket } = await relayOf(env, category, key).fetch("http://relay", { headers });
    if (!webSocket) {
      throw new Error("no socket");
    }
    return webSocket;
  }

  #listen(relay: WebSocket): void {
    relay.addEventListener("message", ({ data }) => {
      const { position, ack, frames } = unpackParcel(String(data));
      this.#tries = 0;
      this.#position = position;
      for (const frame of frames) {
        this.#given.send(frame);
      }
      if (ack && relay.readyState === WebSocket.OPEN) {
        relay.send(ACK);
      }
    });
    relay.addEventListener("close", ({ code, reason }) => {
      if (code === 1000 && reason === "end") {
        this.#end();
        return;
      }
      this.#again();
    });
    relay.accept();
  }

  #again(): void {
    if (this.#isClosed) {
      return;
    }
    if (this.#tries >= MAX_TRIES) {
      this.#end();
      return;
    }
    const waitMs = doubling(this.#tries, AGAIN_MS, AGAIN_MAX_MS);
    this.#tries += 1;
    setTimeout(() => {
      if (!this.#isClosed) {
        void this.open();
      }
    }, waitMs);
  }

  #end(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#given.ended();
    }
  }
}
