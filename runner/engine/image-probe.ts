/**
 * A look into an image. Its files are only shown through a container of it: one that is made for this and never
 * started.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path/posix";
import { EngineError } from "./engine.ts";
import { PROBE_LABEL } from "./labels.ts";
import { listSchema, pathStatSchema } from "./podman-facts.ts";
import { type PodmanHttp, parseAnswer } from "./podman-http.ts";
import { type PathStat, pathStat } from "./program-lookup.ts";

const LIST_MS = 10_000;
/** The probe's file system is mounted for each question, from a cold disk at first. */
const LOOK_MS = 30_000;

export class ImageProbes {
  readonly #http: PodmanHttp;
  readonly #owner: string;
  #swept: Promise<void> | null = null;

  constructor(http: PodmanHttp, owner: string) {
    this.#http = http;
    this.#owner = owner;
  }

  /** With the name of a container of the image that lives as long as the look. `more`: of Podman's own fields. */
  async use<T>(imageId: string, look: (probe: string) => Promise<T>, more: object = {}): Promise<T> {
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
        labels: { [PROBE_LABEL]: this.#owner },
        netns: { nsmode: "none" },
        image_volume_mode: "ignore",
        ...more,
      },
    });
    if (made.status !== 201) {
      throw new EngineError({ code: "podman_failed" }, { cause: new Error(made.body.slice(0, 2000)) });
    }
    try {
      return await look(name);
    } finally {
      await this.#removeProbe(name).catch(() => {});
    }
  }

  /** The beginning of the archive of what is at the path; empty for nothing. */
  async archive(probe: string, path: string, firstBytes: number): Promise<Buffer> {
    const query = new URLSearchParams({ path });
    const limits = { deadlineMs: LOOK_MS, firstBytes };
    const answer = await this.#http.call("GET", `/containers/${probe}/archive?${query}`, limits);
    return Buffer.from(answer.status === 200 ? answer.body : "");
  }

  /** null for nothing. */
  async stat(probe: string, path: string): Promise<PathStat | null | "unknown"> {
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
  }

  async #removeProbe(name: string): Promise<void> {
    await this.#http.call("DELETE", `/containers/${name}?force=true&v=true`, { deadlineMs: LOOK_MS });
  }

  /** Those of a runner that was killed in the middle of a look. */
  async #removeProbes(): Promise<void> {
    const filters = JSON.stringify({ label: [`${PROBE_LABEL}=${this.#owner}`] });
    const answer = await this.#http.call("GET", `/containers/json?${new URLSearchParams({ all: "true", filters })}`, {
      deadlineMs: LIST_MS,
    });
    for (const { Names } of parseAnswer(listSchema, answer)) {
      await this.#removeProbe(Names[0] ?? "");
    }
  }
}
