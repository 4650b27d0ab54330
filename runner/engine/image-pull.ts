/**
 * Pulling images. The same image is pulled once however many ask; it is given up when the last of them has lost
 * interest, which each does by itself after its own time (`PULL_MS` of a job's preparation). Progress goes out in our own words, at most once a second.
 */
import * as z from "zod/mini";
import { EngineError, type PullProgress } from "./engine.ts";
import type { PodmanHttp } from "./podman-http.ts";
import { classifyPullError } from "./pull-failure.ts";
import { readRegistryAuth } from "./registry-auth.ts";

/**
 * Without a word from Podman. Holds until layers flow: Podman 4.3 is silent while it copies one, which may take hours;
 * newer ones report bytes, so that their silence counts all the time.
 */
const SILENCE_MS = 5 * 60_000;
const PROGRESS_EVERY_MS = 1000;

/**
 * `missing`: not if the name is here. `always`: the registry is asked what it means by the name now, and only what is
 * new is fetched. Podman's `newer` does the same but keeps silent about a registry that it could not reach.
 */
export type PullPolicy = "missing" | "always";

type Listener = (progress: PullProgress) => void;
type Flight = {
  stop: AbortController;
  listeners: Set<Listener>;
  /** For who comes later. */
  latest: PullProgress | null;
  done: Promise<void>;
};

export class Puller {
  readonly #parts: { http: PodmanHttp; authFile: string | null };
  /** By name; bounded by the jobs that a runner prepares at a time. */
  readonly #flights = new Map<string, Flight>();

  constructor(parts: { http: PodmanHttp; authFile: string | null }) {
    this.#parts = parts;
  }

  /** Resolves when the image is here; rejects with `EngineError`, or the signal's reason. */
  async pull(
    name: string,
    { signal, progress, policy }: { signal: AbortSignal; progress: Listener; policy: PullPolicy },
  ): Promise<void> {
    signal.throwIfAborted();
    const flight = this.#flights.get(name) ?? this.#takeOff(name, policy);
    // One of its own for each caller, even if two bring the same function.
    const listener: Listener = (words) => progress(words);
    flight.listeners.add(listener);
    if (flight.latest !== null) {
      listener(flight.latest);
    }
    try {
      await untilAborted(flight.done, signal);
    } finally {
      flight.listeners.delete(listener);
      if (flight.listeners.size === 0) {
        this.#land(name, flight);
        flight.stop.abort(new Error("nobody waits for the image any more"));
      }
    }
  }

  #takeOff(name: string, policy: PullPolicy): Flight {
    const stop = new AbortController();
    const listeners = new Set<Listener>();
    const tell: Listener = (progress) => {
      flight.latest = progress;
      for (const listener of listeners) {
        listener(progress);
      }
    };
    const done = pullOnce(this.#parts, { name, policy }, stop, tell);
    const flight: Flight = { stop, listeners, latest: null, done };
    this.#flights.set(name, flight);
    flight.done.catch(() => {}).finally(() => this.#land(name, flight));
    return flight;
  }

  /** A flight that was given up may have a successor under the same name. */
  #land(name: string, flight: Flight): void {
    if (this.#flights.get(name) === flight) {
      this.#flights.delete(name);
    }
  }
}

function untilAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    done.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function pullOnce(
  { http, authFile }: { http: PodmanHttp; authFile: string | null },
  { name, policy }: { name: string; policy: PullPolicy },
  stop: AbortController,
  tell: Listener,
): Promise<void> {
  const auth = await readRegistryAuth(authFile);
  const query = new URLSearchParams({ reference: `docker://${name}`, policy, pullProgress: "true" });
  const watch = watchPull(stop, tell);
  try {
    const answer = await http.stream("POST", `/images/pull?${query}`, {
      deadlineMs: null,
      signal: stop.signal,
      onLine: watch.line,
      ...(auth === null ? {} : { headers: { "x-registry-auth": auth } }),
    });
    const text = watch.error() ?? (answer.status === 200 ? null : answer.body);
    if (text !== null) {
      throw new EngineError({ code: classifyPullError(text), detail: name }, { cause: new Error(text.slice(0, 2000)) });
    }
  } finally {
    watch.end();
  }
}

const lineSchema = z.object({
  error: z.optional(z.string()),
  stream: z.optional(z.string()),
  pullProgress: z.optional(z.object({ current: z.optional(z.number()), total: z.optional(z.number()) })),
});

type PullLine = z.infer<typeof lineSchema>;

function parseLine(text: string): PullLine {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}

function watchPull(stop: AbortController, tell: Listener) {
  let error: string | null = null;
  let layers = 0;
  let saysBytes = false;
  const voice = coalesce(tell);
  const detail = "no progress for 5 minutes";
  const silent = (): void => stop.abort(new EngineError({ code: "registry_unavailable", detail }));
  let silence: NodeJS.Timeout | undefined = setTimeout(silent, SILENCE_MS);
  return {
    line(text: string): void {
      const line = parseLine(text);
      error = line.error ?? error;
      layers += line.stream?.startsWith("Copying blob ") ? 1 : 0;
      saysBytes ||= line.pullProgress !== undefined;
      clearTimeout(silence);
      silence = layers > 0 && !saysBytes ? undefined : setTimeout(silent, SILENCE_MS);
      voice.say(progressText(layers, line.pullProgress));
    },
    error: (): string | null => error,
    end(): void {
      clearTimeout(silence);
      voice.end();
    },
  };
}

function progressText(layers: number, bytes: PullLine["pullProgress"]): string {
  if (bytes?.current !== undefined && bytes.total !== undefined && bytes.total > 0) {
    return `Downloading the image: ${Math.min(100, Math.floor((100 * bytes.current) / bytes.total))} % of a layer`;
  }
  return layers === 0 ? "Downloading the image" : `Downloading the image: layer ${layers}`;
}

/** The first word at once, then the latest one each second, none twice in a row. */
function coalesce(tell: Listener) {
  let said: string | null = null;
  let latest = "";
  let timer: NodeJS.Timeout | undefined;
  const speak = (): void => {
    timer = undefined;
    if (latest !== said) {
      said = latest;
      tell({ text: latest });
      timer = setTimeout(speak, PROGRESS_EVERY_MS);
    }
  };
  return {
    say(text: string): void {
      latest = text;
      if (timer === undefined) {
        speak();
      }
    },
    end: (): void => clearTimeout(timer),
  };
}
