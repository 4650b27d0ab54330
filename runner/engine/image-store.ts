/**
 * Images as a job needs them: found locally or pulled, allowed by the site, of the right architecture, and with the
 * program that the job wants to run.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path/posix";
import type { JobPlan } from "../../shared/plan.ts";
import { EngineError, type ImageFacts, type PullProgress } from "./engine.ts";
import { archivedText, archiveHead, HEAD_BYTES, mayWrite, namedHome, type User } from "./image-home.ts";
import { type ImageCandidate, imageCandidates, isAllowed } from "./image-name.ts";
import type { Puller } from "./image-pull.ts";
import { PROBE_LABEL } from "./labels.ts";
import { imageFacts, imageSchema, listSchema, pathStatSchema } from "./podman-facts.ts";
import { type PodmanHttp, parseAnswer } from "./podman-http.ts";
import { WORK, workingDirectory } from "./podman-spec.ts";
import { lookUpProgram, type PathStat, pathStat, type Verdict } from "./program-lookup.ts";

const QUESTION_MS = 10_000;
/** The probe's file system is mounted for each question, from a cold disk at first. */
const LOOK_MS = 30_000;
/** An image never changes under its id, so what was found in it stays true. */
const MAX_REMEMBERED = 512;
const MAX_PASSWD_BYTES = 1024 * 1024;

export type ImageRules = { defaultRegistry: string; allowList: readonly string[] | null; owner: string };

export type LocalImage = { facts: ImageFacts; arch: string | null };

export class ImageStore {
  readonly #http: PodmanHttp;
  readonly #puller: Puller;
  readonly #rules: ImageRules;
  readonly #remembered = new Map<string, Verdict>();
  readonly #homes = new Map<string, string | null>();
  #swept: Promise<void> | null = null;

  constructor(parts: { http: PodmanHttp; puller: Puller; rules: ImageRules }) {
    this.#http = parts.http;
    this.#puller = parts.puller;
    this.#rules = parts.rules;
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

  async obtain(
    image: string,
    options: { signal: AbortSignal; progress: (words: PullProgress) => void },
  ): Promise<LocalImage> {
    const candidates = this.allowed(image);
    if (candidates.length === 0) {
      throw new EngineError({ code: "image_not_allowed", detail: image.slice(0, 200) });
    }
    const local = await this.findLocal(candidates);
    if (local !== null) {
      return local;
    }
    const remote = candidates.find(({ pullable }) => pullable);
    if (remote === undefined) {
      throw missing(image, this.#rules.defaultRegistry);
    }
    await this.#puller.pull(remote.name, options);
    const pulled = await this.findLocal([remote]);
    if (pulled === null) {
      throw new EngineError({ code: "pull_failed", detail: remote.name });
    }
    return pulled;
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
      this.#remembered.get(key) ?? (await this.#withProbe(id, (probe) => lookUpProgram(program, this.#statIn(probe))));
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
    const home = await this.#withProbe(id, async (probe) => {
      const passwd = await this.#archiveIn(probe, "/etc/passwd", MAX_PASSWD_BYTES);
      const named = namedHome(environment, archivedText(passwd), user);
      // The job's folder lies over what the image has there.
      const folder = named === null || isInWork(named) ? null : archiveHead(await this.#archiveIn(probe, named));
      return folder !== null && mayWrite(user, folder) ? named : null;
    });
    if (this.#homes.size >= MAX_REMEMBERED) {
      this.#homes.clear();
    }
    this.#homes.set(key, home);
    return home;
  }

  /** The beginning of the archive of what is at the path; empty for nothing. */
  async #archiveIn(probe: string, path: string, firstBytes = HEAD_BYTES): Promise<Buffer> {
    const query = new URLSearchParams({ path });
    const limits = { deadlineMs: LOOK_MS, firstBytes };
    const answer = await this.#http.call("GET", `/containers/${probe}/archive?${query}`, limits);
    return Buffer.from(answer.status === 200 ? answer.body : "");
  }

  /** Files of an image are only shown through a container of it: one that is made for this and never started. */
  async #withProbe<T>(imageId: string, use: (probe: string) => Promise<T>): Promise<T> {
    this.#swept ??= this.#removeProbes().catch(() => {});
    await this.#swept;
    const name = `ucloud-probe-${randomBytes(8).toString("hex")}`;
    const made = await this.#http.call("POST", "/containers/create", {
      deadlineMs: LOOK_MS,
      json: {
        name,
        image: imageId,
        entrypoint: ["/probe"],
        command: [],
        labels: { [PROBE_LABEL]: this.#rules.owner },
        netns: { nsmode: "none" },
        image_volume_mode: "ignore",
      },
    });
    if (made.status !== 201) {
      throw new EngineError({ code: "podman_failed" }, { cause: new Error(made.body.slice(0, 2000)) });
    }
    try {
      return await use(name);
    } finally {
      await this.#removeProbe(name).catch(() => {});
    }
  }

  #statIn(probe: string): (path: string) => Promise<PathStat | null | "unknown"> {
    return async (path) => {
      const query = new URLSearchParams({ path: join("/", path) });
      const answer = await this.#http.call("HEAD", `/containers/${probe}/archive?${query}`, { deadlineMs: LOOK_MS });
      const header = answer.header("x-docker-container-path-stat");
      if (answer.status === 404) {
        return null;
      }
      if (answer.status !== 200 || header === null) {
        return "unknown";
      }
      const body = Buffer.from(header, "base64").toString("utf8");
      const { mode, linkTarget } = parseAnswer(pathStatSchema, { ...answer, body });
      return pathStat(mode, linkTarget);
    };
  }

  async #removeProbe(name: string): Promise<void> {
    await this.#http.call("DELETE", `/containers/${name}?force=true&v=true`, { deadlineMs: LOOK_MS });
  }

  /** Those of a runner that was killed in the middle of a look. */
  async #removeProbes(): Promise<void> {
    const filters = JSON.stringify({ label: [`${PROBE_LABEL}=${this.#rules.owner}`] });
    const answer = await this.#http.call("GET", `/containers/json?${new URLSearchParams({ all: "true", filters })}`, {
      deadlineMs: QUESTION_MS,
    });
    for (const { Names } of parseAnswer(listSchema, answer)) {
      await this.#removeProbe(Names[0] ?? "");
    }
  }
}

function isInWork(path: string): boolean {
  return path === WORK || path.startsWith(`${WORK}/`);
}

function missing(image: string, defaultRegistry: string): EngineError {
  const unqualified = defaultRegistry === "none" && !image.startsWith("localhost/");
  return new EngineError({ code: unqualified ? "image_name_invalid" : "image_not_found", detail: image.slice(0, 200) });
}
