/**
 * A job on a site, followed from outside: what UCloud, the administrators' API and the job's own folder show of it. Its
 * program leaves a line in `/work/starts` each time it begins, which no bookkeeping of ours can hide.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AdminClient } from "./admin-client.ts";
import { type BatchJob, ucloudJob } from "./batch-job.ts";
import { eventually } from "./eventually.ts";
import type { SimulatedUcloud } from "./simulated-ucloud/simulated-ucloud.ts";

/** What a script does first. */
export const LEAVE_A_LINE = "echo started >> /work/starts";
/** A program that ends when the test says so. */
export const UNTIL_TOLD = script("until [ -e /work/end ]; do sleep 0.02; done");

/** A program that counts, a little less often than that, for as long as it runs. */
export const COUNTS_PER_S = 10;
export const COUNTING = script(`while :; do sleep ${1 / COUNTS_PER_S}; echo >> /work/count; done`);

/** The command of a shell script that leaves its line first. */
export function script(text: string): string[] {
  return ["sh", "-c", `${LEAVE_A_LINE}; ${text}`];
}

export class SiteJob {
  readonly request: BatchJob;
  readonly #ucloud: SimulatedUcloud;
  readonly #admin: AdminClient;
  readonly #jobsDirs: () => string[];

  constructor(request: BatchJob, site: { ucloud: SimulatedUcloud; admin: AdminClient; jobsDirs: () => string[] }) {
    this.request = request;
    this.#ucloud = site.ucloud;
    this.#admin = site.admin;
    this.#jobsDirs = site.jobsDirs;
  }

  get id(): string {
    return this.request.id;
  }

  /** `/work` on the nodes that made one. */
  workFolders(): string[] {
    return this.#jobsDirs().flatMap((jobsDir) => {
      const names = listing(jobsDir).filter((name) => name.startsWith(`${this.id}-`));
      return names.map((name) => join(jobsDir, name, "work"));
    });
  }

  /** How often its program began, on all nodes together. */
  starts(): number {
    const lines = this.workFolders().flatMap((work) => contentOf(join(work, "starts")).split("\n"));
    return lines.filter((line) => line === "started").length;
  }

  /** How far a counting program has come, a line for each. */
  count(): number {
    return Math.max(0, ...this.workFolders().map((work) => contentOf(join(work, "count")).length));
  }

  async counts(to: number): Promise<void> {
    await eventually(`${this.id} counts to ${to}`, () => (this.count() >= to ? true : null));
  }

  async begins(): Promise<void> {
    await eventually(`the program of ${this.id} begins`, () => (this.starts() > 0 ? true : null));
  }

  /** Lets a program that runs until it is told come to its end. */
  end(): void {
    for (const work of this.workFolders()) {
      writeFileSync(join(work, "end"), "");
    }
  }

  /** Resolves when the gateway's administrators see one of these states. */
  async isAtGateway(...states: string[]): Promise<void> {
    await eventually(`job ${this.id} is ${states.join(" or ")} at the gateway`, async () =>
      states.includes(await this.stateAtGateway()) ? true : null,
    );
  }

  async stateAtGateway(): Promise<string> {
    const { body } = await this.#admin.get(`/admin/jobs/${this.id}`);
    return typeof body === "object" && body !== null && "state" in body ? String(body.state) : "unknown";
  }

  /** Resolves when UCloud has it in one of these states. */
  async reaches(...states: string[]): Promise<void> {
    try {
      await this.#ucloud.book.reaches(this.id, ...states);
    } catch (error) {
      const { body } = await this.#admin.get(`/admin/jobs/${this.id}`);
      throw new Error(`the gateway has ${JSON.stringify(body)}`, { cause: error });
    }
  }

  /** What its user sees, states only. */
  states(): string[] {
    const updates = this.#ucloud.book.jobs.get(this.id)?.updates ?? [];
    return updates.flatMap(({ state }) => (state === null ? [] : [state]));
  }

  /** What its user read last. */
  lastText(): string | null {
    return this.#ucloud.book.jobs.get(this.id)?.updates.at(-1)?.status ?? null;
  }

  /** The running time that UCloud counts with, in ms. */
  timeAtUcloud(): number | null {
    return this.#ucloud.book.jobs.get(this.id)?.timeAllocation ?? null;
  }

  /** Answered by the gateway; UCloud itself changes nothing before it is told. */
  async extend(seconds: number): Promise<void> {
    const item = { job: ucloudJob(this.request), requestedTime: { hours: 0, minutes: 0, seconds } };
    const { status, body } = await this.#ucloud.call("POST", "jobs/extend", JSON.stringify({ items: [item] }));
    if (status !== 200) {
      throw new Error(`the extension was answered ${status} ${JSON.stringify(body)}`);
    }
  }

  suspend(): Promise<void> {
    return this.#change("suspend");
  }

  resume(): Promise<void> {
    return this.#change("unsuspend");
  }

  async #change(call: "suspend" | "unsuspend"): Promise<void> {
    const body = JSON.stringify({ items: [{ job: ucloudJob(this.request) }] });
    const { status, body: answer } = await this.#ucloud.call("POST", `jobs/${call}`, body);
    if (status !== 200) {
      throw new Error(`${call} was answered ${status} ${JSON.stringify(answer)}`);
    }
  }

  async terminate(): Promise<void> {
    const { status } = await this.#ucloud.terminate([ucloudJob(this.request)]);
    if (status !== 200) {
      throw new Error(`the terminate was answered ${status}`);
    }
  }
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty while there is no such file. */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
