/**
 * One container's way through Podman: made, started, waited for, stopped, removed. Podman answers 500 for many things,
 * so after a refusal the facts are asked for, and they decide; its words go to the node's own log at most.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { FailureCode } from "../../shared/failure.ts";
import { type ContainerFacts, type ContainerOrder, EngineError } from "./engine.ts";
import { LABELS } from "./labels.ts";
import { findOom } from "./oom-proof.ts";
import {
  containerFacts,
  type Inspected,
  inspectSchema,
  listSchema,
  refusalSchema,
  sizeSchema,
} from "./podman-facts.ts";
import { type PodmanAnswer, type PodmanHttp, parseAnswer } from "./podman-http.ts";
import { containerSpec, type Host, needsUserNamespace, workingDirectory } from "./podman-spec.ts";
import { reasonNotCreated, reasonRefused } from "./refusal-reason.ts";
import { waitingProcess } from "./setup-proof.ts";
import { makeWorkingDirectory } from "./work-directory.ts";

export const QUESTION_MS = 10_000;
/** A layer of many files takes its time. */
const SIZE_MS = 20_000;
/** Making, stopping and removing touch the disk: seconds on a busy node. */
const CHANGE_MS = 60_000;
/** Podman answers one question in some milliseconds; more at once would only queue there. */
const QUESTIONS_AT_ONCE = 8;
/**
 * Podman looks this often whether a container has ended. A short job is to be told at once; for hours on end ten
 * milliseconds would cost 4 % of a core for each container.
 */
const BRISK = { interval: "10ms", forMs: 30_000 };
const CALM = { interval: "250ms" };
/** With conmon killed, the first removal is refused and makes Podman see what has become of the process. */
const REMOVE_TRIES = 4;
const MAX_REMEMBERED = 1024;

export type ContainerHost = Host & { graphRoot: string };

export class PodmanContainers {
  readonly #http: PodmanHttp;
  readonly #host: () => Promise<ContainerHost>;
  /** By container id: the kernel's log is read once for each end. */
  readonly #oomKills = new Map<string, boolean>();

  constructor(parts: { http: PodmanHttp; host: () => Promise<ContainerHost> }) {
    this.#http = parts.http;
    this.#host = parts.host;
  }

  async look(name: string): Promise<Inspected | null> {
    const answer = await this.#http.call("GET", path(name, "/json"), { deadlineMs: QUESTION_MS });
    if (answer.status === 404) {
      return null;
    }
    if (answer.status !== 200) {
      throw refusal("podman_failed", answer);
    }
    return parseAnswer(inspectSchema, answer);
  }

  async inspect(name: string): Promise<ContainerFacts | null> {
    const inspected = await this.look(name);
    if (inspected === null) {
      return null;
    }
    const facts = containerFacts(inspected);
    if ((await waitingProcess(inspected)) !== null) {
      return { ...facts, status: "created" };
    }
    return { ...facts, oom: facts.oom || (await this.#wasOutOfMemory(inspected.Id, facts)) };
  }

  /** Podman walks the layer's files for it. */
  async layerBytes(name: string): Promise<number | null> {
    const answer = await this.#http.call("GET", path(name, "/json?size=true"), { deadlineMs: SIZE_MS });
    return answer.status === 200 ? (parseAnswer(sizeSchema, answer).SizeRw ?? null) : null;
  }

  async #wasOutOfMemory(id: string, facts: ContainerFacts): Promise<boolean> {
    if (facts.status !== "exited" || facts.exitCode === null || facts.exitCode === 0) {
      return false;
    }
    const killed = this.#oomKills.get(id) ?? (await findOom(id));
    if (this.#oomKills.size >= MAX_REMEMBERED) {
      this.#oomKills.clear();
    }
    this.#oomKills.set(id, killed);
    return killed;
  }

  async list(): Promise<ContainerFacts[]> {
    const query = new URLSearchParams({ all: "true", filters: JSON.stringify({ label: [LABELS.job] }) });
    const answer = await this.#http.call("GET", `/containers/json?${query}`, { deadlineMs: QUESTION_MS });
    if (answer.status !== 200) {
      throw refusal("podman_failed", answer);
    }
    const names = parseAnswer(listSchema, answer).map(({ Names }) => Names[0] ?? "");
    const found: ContainerFacts[] = [];
    const inspectRest = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        // One that is gone by now was removed between the two questions.
        found.push(...[(await this.inspect(name)) ?? []].flat());
      }
    };
    await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, inspectRest));
    return found;
  }

  async create(order: ContainerOrder): Promise<void> {
    const machine = await this.#host();
    const json = containerSpec(order, machine);
    await makeWorkingDirectory(order.workFolder, workingDirectory(order)).catch((error: unknown) => {
      throw new EngineError({ code: "mount_failed" }, { cause: error });
    });
    const answer = await this.#http.call("POST", "/containers/create", { deadlineMs: CHANGE_MS, json });
    const made = await this.look(order.name);
    if (made === null) {
      throw refusal(await reasonNotCreated(order, machine.graphRoot), answer);
    }
    // A container of that name is ours if it says what we would have written: the answer to its create was lost.
    if (!sameLabels(made, order)) {
      throw refusal("podman_failed", answer);
    }
    if (needsUserNamespace(order.plan, machine) && (made.HostConfig?.IDMappings?.UidMap ?? []).length === 0) {
      await this.remove(order.name);
      throw new EngineError({ code: "podman_failed", detail: "no user namespace for root" });
    }
  }

  async start(name: string, startMs: number): Promise<void> {
    const answer = await this.#http.call("POST", path(name, "/start"), { deadlineMs: startMs });
    // 304: it runs already.
    if (answer.status === 204 || answer.status === 304) {
      return;
    }
    const facts = await this.inspect(name).catch((error: unknown) => {
      throw new EngineError({ code: "podman_unavailable" }, { cause: error, unknown: true });
    });
    const began = facts !== null && (facts.status !== "created" || facts.startedAtPodman !== null);
    if (!began) {
      throw refusal(await reasonRefused((await this.#host()).graphRoot), answer);
    }
  }

  async wait(name: string, signal: AbortSignal): Promise<number> {
    const brisk = AbortSignal.any([signal, AbortSignal.timeout(BRISK.forMs)]);
    try {
      return await this.#waitOnce(name, BRISK.interval, brisk);
    } catch (error) {
      if (signal.aborted || !brisk.aborted) {
        throw error;
      }
    }
    // An exit between the two calls is not missed: the second one answers at once.
    return this.#waitOnce(name, CALM.interval, signal);
  }

  async #waitOnce(name: string, interval: string, signal: AbortSignal): Promise<number> {
    const query = new URLSearchParams({ condition: "exited", interval });
    const answer = await this.#http.call("POST", path(name, `/wait?${query}`), { deadlineMs: null, signal });
    const code = answer.body.trim();
    // -1 stands for an end that nobody saw.
    if (answer.status !== 200 || !/^\d{1,3}$/.test(code)) {
      throw refusal("podman_failed", answer);
    }
    return Number(code);
  }

  async kill(name: string, signal: "TERM" | "KILL"): Promise<void> {
    const answer = await this.#http.call("POST", path(name, `/kill?signal=${signal}`), { deadlineMs: CHANGE_MS });
    const facts = answer.status === 404 ? null : await this.look(name);
    const status = facts === null ? "exited" : containerFacts(facts).status;
    // A frozen program takes the signal when it thaws; KILL may have ended it already.
    if (status === "paused") {
      await this.#http.call("POST", path(name, "/unpause"), { deadlineMs: CHANGE_MS });
    }
    if (answer.status !== 204 && (status === "running" || status === "paused")) {
      throw refusal("podman_failed", answer);
    }
  }

  /** Podman answers 500 for what is so already; the facts decide. */
  async freeze(name: string, call: "pause" | "unpause"): Promise<void> {
    const answer = await this.#http.call("POST", path(name, `/${call}`), { deadlineMs: CHANGE_MS });
    if (answer.status === 204 || answer.status === 404) {
      return;
    }
    const facts = await this.look(name);
    const status = facts === null ? "exited" : containerFacts(facts).status;
    if (status === (call === "pause" ? "running" : "paused")) {
      throw refusal("podman_failed", answer);
    }
  }

  async remove(name: string): Promise<void> {
    const query = new URLSearchParams({ force: "true", timeout: "0", v: "true" });
    for (let tries = 1; ; tries++) {
      const answer = await this.#http.call("DELETE", path(name, `?${query}`), { deadlineMs: CHANGE_MS });
      if (answer.status === 200 || answer.status === 204 || answer.status === 404 || (await this.look(name)) === null) {
        return;
      }
      if (tries === REMOVE_TRIES) {
        throw refusal("podman_failed", answer);
      }
      await pause(100 * tries);
    }
  }
}

function path(name: string, rest: string): string {
  return `/containers/${encodeURIComponent(name)}${rest}`;
}

function sameLabels(made: Inspected, order: ContainerOrder): boolean {
  const labels = made.Config.Labels ?? {};
  return Object.entries(order.labels).every(([name, value]) => labels[name] === value);
}

/** Podman's words are the cause, for the node's log; the failure has ours. */
function refusal(code: FailureCode, answer: PodmanAnswer): EngineError {
  const cause = refusalSchema.safeParse(safeJson(answer.body)).data?.cause ?? "";
  return new EngineError({ code }, { cause: new Error(`podman answered ${answer.status}: ${cause.slice(0, 1000)}`) });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
