/** What leaves after a turn's writes: frames, words to the relays of watched jobs, events. Of a turn that failed nothing leaves. */
import { encodeFrame } from "../../shared/codec.ts";
import type { Key } from "./columns.ts";
import type { Sent } from "./job.ts";
import type { EventFields } from "./ports.ts";
import type { QueueState } from "./state.ts";
import { viewWatched } from "./watches.ts";

export class Outbox {
  #frames: Sent[] = [];
  #events: { name: string; fields: EventFields }[] = [];
  readonly #news = new Map<string, { key: Key; isRunnerBack: boolean }>();

  clear(): void {
    this.#frames = [];
    this.#events = [];
    this.#news.clear();
  }

  send(...sent: Sent[]): void {
    this.#frames.push(...sent);
  }

  /** A watched job's relay hears of it. */
  noteNews({ id, incarnation }: Key, isRunnerBack: boolean): void {
    this.#news.set(`${id} ${incarnation}`, { key: { id, incarnation }, isRunnerBack });
  }

  event(name: string, fields: EventFields): void {
    this.#events.push({ name, fields });
  }

  flush(state: QueueState): void {
    for (const { runner, frame } of this.#frames.splice(0)) {
      state.lineOf(runner)?.line.send(encodeFrame(frame));
    }
    for (const { key, isRunnerBack } of this.#news.values()) {
      const job = state.jobs.get(key);
      if (job !== null) {
        state.ports.tellRelay(key, viewWatched(state, job), isRunnerBack);
      }
    }
    this.#news.clear();
    for (const { name, fields } of this.#events.splice(0)) {
      state.ports.event(name, fields);
    }
  }
}
