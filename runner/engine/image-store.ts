/**
 * Images as a job needs them: found locally or pulled, allowed by the site, of the right architecture, and with the
 * program that the job wants to run.
 */
import type { FailureCode } from "../../shared/failure.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { errorFields, type Log } from "../log.ts";
import { EngineError, type ImageFacts, type PullProgress } from "./engine.ts";
import { archivedText, archiveHead, HEAD_BYTES, mayWrite, namedHome, type User } from "./image-home.ts";
import { type ImageCandidate, imageCandidates, isAllowed, mayHaveMoved } from "./image-name.ts";
import { ImageProbes } from "./image-probe.ts";
import type { Puller } from "./image-pull.ts";
import { imageFacts, imageSchema, imagesSchema } from "./podman-facts.ts";
import { type PodmanHttp, parseAnswer } from "./podman-http.ts";
import { WORK, workingDirectory } from "./podman-spec.ts";
import { lookUpProgram, type Verdict } from "./program-lookup.ts";

const QUESTION_MS = 10_000;
/** Deleting many gigabytes. */
const REMOVAL_MS = 5 * 60_000;
const IMAGE_ID = /^[0-9a-f]{64}$/;
/** An image never changes under its id, so what was found in it stays true. */
const MAX_REMEMBERED = 512;
/** One of a stranger may be broken. */
const PROBED_OF_ALL = 3;
const MAX_PASSWD_BYTES = 1024 * 1024;

export type ImageRules = { defaultRegistry: string; allowList: readonly string[] | null; owner: string };

export type LocalImage = { facts: ImageFacts; arch: string | null };

type PullOptions = { signal: AbortSignal; progress: (words: PullProgress) => void };

export class ImageStore {
  readonly #http: PodmanHttp;
  readonly #puller: Puller;
  readonly #rules: ImageRules;
  readonly #log: Log;
  readonly #probes: ImageProbes;
  readonly #remembered = new Map<string, Verdict>();
  readonly #homes = new Map<string, string | null>();

  constructor(parts: { http: PodmanHttp; puller: Puller; rules: ImageRules; log: Log }) {
    this.#http = parts.http;
    this.#puller = parts.puller;
    this.#rules = parts.rules;
    this.#log = parts.log;
    this.#probes = new ImageProbes(parts.http, parts.rules.owner);
  }

  /** The names that the site lets `image` mean. */
  allowed(image: string): ImageCandidate[] {
    return imageCandidates(image, this.#rules.defaultRegistry).filter(({ name }) =>
      isAllowed(name, this.#rules.allowList, this.#rules.defaultRegistry),
    );
  }

  async findLocal(candidates: readonly ImageCandidate[]): Promise<LocalImage | null> {
    for (const { name } of candidates) {
      const answer = await this.#http.call("GET", `/images/${encodeURIComponent(name)}/json`, {
        deadlineMs: QUESTION_MS,
      });
      if (answer.status === 200) {
        const image = parseAnswer(imageSchema, answer);
        return { facts: imageFacts(name, image), arch: image.Architecture || null };
      }
      if (answer.status !== 404) {
        throw new EngineError({ code: "podman_failed" });
      }
    }
    return null;
  }

  /** A look at a container of some image that is here, with `more` of Podman's own fields. False: there is none. */
  async probeAny(look: (probe: string) => Promise<void>, more: object): Promise<boolean> {
    const answer = await this.#http.call("GET", "/images/json", { deadlineMs: QUESTION_MS });
    if (answer.status !== 200) {
      throw new EngineError({ code: "podman_failed" });
    }
    let failure: unknown = null;
    for (const { Id } of parseAnswer(imagesSchema, answer).slice(0, PROBED_OF_ALL)) {
      try {
        await this.#probes.use(Id, look, more);
        return true;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== null) {
      throw failure;
    }
    return false;
  }

  /** Here, and no registry needs to be asked before it is used; else null. */
  async present(image: string): Promise<LocalImage | null> {
    const candidates = this.allowed(image);
    const local = await this.findLocal(candidates);
    return local !== null && movingName(candidates, local) === null ? local : null;
  }

  async obtain(image: string, options: PullOptions): Promise<LocalImage> {
    const candidates = this.allowed(image);
    if (candidates.length === 0) {
      throw new EngineError({ code: "image_not_allowed", detail: image.slice(0, 200) });
    }
    const local = await this.findLocal(candidates);
    if (local !== null) {
      const moving = movingName(candidates, local);
      return moving === null ? local : await this.#renewed(moving, local, options);
    }
    const remote = candidates.find(({ pullable }) => pullable);
    if (remote === undefined) {
      throw missing(image, this.#rules.defaultRegistry);
    }
    return await this.#pulled(remote, options);
  }

  /** What the registry has under the name now; while it cannot be reached, what is here. */
  async #renewed(moving: ImageCandidate, local: LocalImage, options: PullOptions): Promise<LocalImage> {
    try {
      return await this.#pulled(moving, options);
    } catch (error) {
      if (options.signal.aborted || !isOutOfReach(error)) {
        throw error;
      }
      this.#log.warn({ image: moving.name, id: local.facts.id, ...errorFields(error) }, "image.not_renewed");
      return local;
    }
  }

  async #pulled(remote: ImageCandidate, options: PullOptions): Promise<LocalImage> {
    await this.#puller.pull(remote.name, { ...options, policy: mayHaveMoved(remote) ? "always" : "missing" });
    const pulled = await this.findLocal([remote]);
    if (pulled === null) {
      throw new EngineError({ code: "pull_failed", detail: remote.name });
    }
    return { ...pulled, facts: { ...pulled.facts, fetched: true } };
  }

  async remove(nameOrId: string): Promise<"removed" | "in-use"> {
    const path = `/images/${encodeURIComponent(nameOrId)}`;
    if (IMAGE_ID.test(nameOrId)) {
      const found = await this.#http.call("GET", `${path}/json`, { deadlineMs: QUESTION_MS });
      if (found.status === 200 && (parseAnswer(imageSchema, found).RepoTags ?? []).length > 0) {
        return "removed";
      }
    }
    const { status } = await this.#http.call("DELETE", path, { deadlineMs: REMOVAL_MS });
    if (status === 409) {
      return "in-use";
    }
    if (status !== 200 && status !== 404) {
      throw new EngineError({ code: "podman_failed" });
    }
    return "removed";
  }

  /** The first of `names` that the image has. Throws `program_not_found` or `program_not_executable`. */
  async requireProgram(plan: JobPlan, image: ImageFacts, names: readonly [string, ...string[]]): Promise<string> {
    let verdict: Exclude<Verdict, "ok"> = "program_not_found";
    for (const name of names) {
      const found = await this.#lookUp(plan, image, name);
      if (found === "ok") {
        return name;
      }
      verdict = found;
    }
    throw new EngineError({ code: verdict, detail: names.join(", ").slice(0, 200) });
  }

  async #lookUp(plan: JobPlan, { id, environment }: ImageFacts, name: string): Promise<Verdict> {
    const program = {
      argv0: name,
      path: plan.environment.PATH ?? environment.PATH ?? null,
      workingDirectory: workingDirectory({ plan }),
    };
    const key = JSON.stringify([id, program]);
    const verdict =
      this.#remembered.get(key) ??
      (await this.#probes.use(id, (probe) => lookUpProgram(program, (path) => this.#probes.stat(probe, path))));
    if (this.#remembered.size >= MAX_REMEMBERED) {
      this.#remembered.clear();
    }
    this.#remembered.set(key, verdict);
    return verdict;
  }

  /** The image's own home, if this user may write to it; else null. */
  async homeIn({ id, environment }: ImageFacts, user: User): Promise<string | null> {
    const key = JSON.stringify([id, user]);
    const known = this.#homes.get(key);
    if (known !== undefined) {
      return known;
    }
    const home = await this.#probes.use(id, async (probe) => {
      const passwd = await this.#probes.archive(probe, "/etc/passwd", MAX_PASSWD_BYTES);
      const named = namedHome(environment, archivedText(passwd), user);
      // The job's folder lies over what the image has there.
      const folder =
        named === null || isInWork(named) ? null : archiveHead(await this.#probes.archive(probe, named, HEAD_BYTES));
      return folder !== null && mayWrite(user, folder) ? named : null;
    });
    if (this.#homes.size >= MAX_REMEMBERED) {
      this.#homes.clear();
    }
    this.#homes.set(key, home);
    return home;
  }
}

function movingName(candidates: readonly ImageCandidate[], { facts }: LocalImage): ImageCandidate | null {
  return candidates.find((candidate) => candidate.name === facts.name && mayHaveMoved(candidate)) ?? null;
}

/** Neither an image nor a clear word came of it. A registry that refuses the image, or has it no more, was reached. */
function isOutOfReach(error: unknown): boolean {
  const codes: readonly FailureCode[] = ["registry_unavailable", "pull_failed"];
  return error instanceof EngineError && codes.includes(error.failure.code);
}

function isInWork(path: string): boolean {
  return path === WORK || path.startsWith(`${WORK}/`);
}

function missing(image: string, defaultRegistry: string): EngineError {
  const unqualified = defaultRegistry === "none" && !image.startsWith("localhost/");
  return new EngineError({ code: unqualified ? "image_name_invalid" : "image_not_found", detail: image.slice(0, 200) });
}
