/** What the checks share: who is asked, and the container image that they make once and take away in the end. */
import type { Command } from "../commands/command.ts";
import type { Engine } from "../engine/engine.ts";
import { createPodmanHttp, type PodmanHttp } from "../engine/podman-http.ts";
import { parseGateway } from "../gateway-call.ts";
import { type Identity, isEnrolled, readIdentity } from "../identity.ts";
import { UsageError } from "../usage-error.ts";
import { Bench } from "./bench.ts";
import { doctorEngine } from "./engine.ts";
import { type Trial, tryContainer } from "./trial.ts";

export class Examination {
  readonly command: Command;
  readonly signal: AbortSignal;
  readonly engine: Engine;
  readonly http: PodmanHttp;
  /** null: not enrolled, and none was named. */
  readonly gateway: URL | null;
  #bench: Promise<Bench | null> | null = null;
  #trial: Promise<Trial | null> | null = null;

  /** `signal`: no more looks, and what was made goes. */
  constructor(command: Command, signal: AbortSignal) {
    this.command = command;
    this.signal = signal;
    this.engine = doctorEngine(command);
    this.http = createPodmanHttp(command.podmanSocket);
    this.gateway = this.#gateway();
  }

  /** Or the sentence that says why there is none. */
  identity(): Identity | string {
    const { stateDir } = this.command;
    if (!isEnrolled(stateDir)) {
      return `nothing in ${stateDir}`;
    }
    try {
      return readIdentity(stateDir);
    } catch (error) {
      if (error instanceof UsageError) {
        return error.message;
      }
      throw error;
    }
  }

  /** null: this machine has nothing to make an image of. Throws `EngineError`. */
  bench(): Promise<Bench | null> {
    this.#bench ??= Bench.open(this);
    return this.#bench;
  }

  /** The one container that answers several questions. */
  trial(): Promise<Trial | null> {
    this.#trial ??= this.bench().then((bench) => bench && tryContainer(bench));
    return this.#trial;
  }

  /** What a Podman that is gone meanwhile keeps, the next doctor removes. */
  async close(): Promise<void> {
    await this.#bench?.then((bench) => bench?.close()).catch(() => {});
  }

  /** @throws UsageError */
  #gateway(): URL | null {
    const { gateway: given } = this.command.flags;
    if (typeof given === "string" && given !== "") {
      return new URL(parseGateway(given));
    }
    const identity = this.identity();
    return typeof identity === "string" ? null : new URL(identity.gateway);
  }
}
