/**
 * UCloud/Core's socket and the streams on it. Frames are taken one after the other; nothing is decided before a bearer
 * was checked, at the upgrade or in the frame itself.
 */
import { isKnownCategory } from "../admin/categories.ts";
import { checkUcloudBearer } from "../auth/ucloud.ts";
import type { Env, Settings } from "../env.ts";
import { queueOf } from "../queue/stub.ts";
import { event } from "../telemetry.ts";
import { parseTermination, type Termination } from "../ucloud/schema.ts";
import { type FollowFrame, parseFollow } from "./follow-frame.ts";
import { noteFrame, openingFrames, responseFrame, type Voice } from "./framing.ts";
import { RelayStream } from "./relay-stream.ts";

/** The older version uses one socket for all that a user looks at. */
const MAX_STREAMS = 64;
/** A socket on which nobody has proven anything. */
const PROVE_MS = 10_000;

const UNKNOWN = "This provider does not know the job";
const AT_SITE = "The output of this machine type's jobs stays at the site";
const TOO_MANY = "Too many logs are followed on one connection";

type Given = { env: Env; settings: Settings; era: Voice["era"] };

export class FollowSocket {
  readonly #socket: WebSocket;
  readonly #given: Given;
  readonly #streams = new Map<string, RelayStream>();
  #isProven: boolean;
  #isOver = false;
  #last: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, given: Given) {
    this.#socket = socket;
    this.#given = given;
    this.#isProven = given.era === "today";
  }

  open(): void {
    this.#socket.addEventListener("message", ({ data }) => {
      this.#last = this.#last.then(() => this.#take(data)).catch((error) => this.#fail(error));
    });
    const over = () => this.#over();
    this.#socket.addEventListener("close", over);
    this.#socket.addEventListener("error", over);
    this.#socket.accept();
    if (!this.#isProven) {
      setTimeout(() => this.#isProven || this.#close(1008, "no bearer"), PROVE_MS);
    }
  }

  async #take(message: unknown): Promise<void> {
    if (this.#isOver) {
      return;
    }
    const { settings, era } = this.#given;
    const frame = parseFollow(message);
    if (frame === null) {
      this.#close(1008, "malformed frame");
      return;
    }
    const voice: Voice = { era, call: frame.streamId, stream: crypto.randomUUID() };
    if (era === "older" && !(await this.#isUcloud(frame))) {
      this.#send(responseFrame(voice, 401));
      this.#close(1008, "wrong bearer");
      return;
    }
    this.#isProven = true;
    if (frame.call !== `jobs.provider.${settings.providerId}.follow`) {
      this.#refuse(voice, 404, null);
      return;
    }
    await this.#follow(frame, voice);
  }

  async #isUcloud({ bearer }: FollowFrame): Promise<boolean> {
    try {
      await checkUcloudBearer(bearer ?? null, this.#given.settings.publicKeys, Date.now());
      return true;
    } catch {
      return false;
    }
  }

  async #follow({ payload }: FollowFrame, voice: Voice): Promise<void> {
    if (payload.type === "cancel") {
      this.#streams.get(payload.streamId)?.close();
      this.#streams.delete(payload.streamId);
      this.#send(responseFrame({ ...voice, stream: "" }, 200));
      return;
    }
    const parsed = parseTermination(payload.job);
    if (parsed.kind === "refused") {
      this.#refuse(voice, 400, `${parsed.field}: ${parsed.why}`.slice(0, 200));
      return;
    }
    if (this.#streams.size >= MAX_STREAMS) {
      this.#refuse(voice, 429, TOO_MANY);
      return;
    }
    await this.#open(parsed.termination, voice);
  }

  async #open(job: Termination, voice: Voice): Promise<void> {
    const { env, settings } = this.#given;
    // Objects exist for our own categories only, whatever somebody names.
    const isOurs = await isKnownCategory(job.category, { env, settings });
    const found = isOurs ? await queueOf(env, job.category).find(job) : null;
    if (this.#isOver) {
      return;
    }
    if (found === null || found.output === "site") {
      this.#refuse(voice, 404, found === null ? UNKNOWN : AT_SITE);
      return;
    }
    for (const frame of openingFrames(voice)) {
      this.#send(frame);
    }
    const stream = new RelayStream({
      ...{ env, category: job.category, voice },
      key: { id: job.id, incarnation: found.incarnation },
      send: (frame) => this.#send(frame),
      ended: () => this.#ended(voice),
    });
    this.#streams.set(voice.stream, stream);
    await stream.open();
  }

  #refuse(voice: Voice, status: number, why: string | null): void {
    if (why !== null) {
      this.#send(noteFrame(voice, why));
    }
    this.#send(responseFrame(voice, status));
    if (voice.era === "today") {
      this.#close(1000, "refused");
    }
  }

  #ended({ era, stream }: Voice): void {
    this.#streams.delete(stream);
    if (era === "today") {
      this.#close(1000, "end");
    }
  }

  #over(): void {
    this.#isOver = true;
    for (const stream of this.#streams.values()) {
      stream.close();
    }
    this.#streams.clear();
  }

  #fail(error: unknown): void {
    event("follow.failed", { error: error instanceof Error ? error.name : "unknown" });
    this.#close(1011, "try again");
  }

  #send(frame: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(frame);
    }
  }

  #close(code: number, reason: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close(code, reason);
    }
    this.#over();
  }
}
