/**
 * UCloud's side of the control API, with its rules: a batch with one unknown id is refused whole, one state of a job at
 * a time. A test makes it forget jobs, refuse them or answer nothing.
 */

import type {
  ControlApi,
  CoreJob,
  ExistsAnswer,
  JobUpdate,
  RetrieveAnswer,
  UpdateAnswer,
} from "../../../worker/ucloud/control.ts";
import type { OpenAnswer } from "../../../worker/ucloud/open-jobs.ts";

export type Item = { id: string; update: JobUpdate };
type Trouble = { kind: "unavailable"; status: number | null } | { kind: "refresh-refused" };

export class ScriptedCore implements ControlApi {
  /** The jobs that it knows. */
  readonly jobs = new Map<string, CoreJob>();
  browsed = 0;
  pageSize = 100;
  /** Every call about single jobs, in order. */
  readonly calls: { call: "update" | "exists" | "retrieve"; ids: string[] }[] = [];
  /** What it took, in order. */
  readonly taken: Item[] = [];
  readonly violations: string[] = [];
  /** What every call is answered while it is set. */
  trouble: Trouble | null = null;
  /** A batch is answered with the first of its items that has an answer here. */
  readonly badItems = new Map<string, UpdateAnswer>();
  /** What asking for this one job is answered. */
  readonly badRetrieves = new Map<string, RetrieveAnswer>();
  /** Happens once, while the next request is under way. */
  meanwhile: (() => void | Promise<void>) | null = null;

  async update(items: Item[]): Promise<UpdateAnswer> {
    this.#check(items);
    await this.#receive(
      "update",
      items.map(({ id }) => id),
    );
    const unknown = items.some(({ id }) => !this.jobs.has(id));
    const bad = items.map(({ id }) => this.badItems.get(id)).find((answer) => answer !== undefined);
    const answer = this.trouble ?? (unknown ? { kind: "rejected", status: 404 } : (bad ?? { kind: "ok" }));
    if (answer.kind === "ok") {
      this.taken.push(...structuredClone(items));
    }
    return answer;
  }

  async exists(ids: string[]): Promise<ExistsAnswer> {
    await this.#receive("exists", ids);
    return this.trouble ?? { kind: "ok", exists: ids.map((id) => this.jobs.has(id)) };
  }

  async retrieve(id: string): Promise<RetrieveAnswer> {
    await this.#receive("retrieve", [id]);
    const job = this.jobs.get(id);
    const found = job && { ...job, state: this.stateOf(id) };
    return this.trouble ?? this.badRetrieves.get(id) ?? (found ? { kind: "ok", job: found } : { kind: "absent" });
  }

  /** Those of its jobs that have not ended, a page at a time. */
  async browseOpen({ state, next }: Parameters<ControlApi["browseOpen"]>[0]): Promise<OpenAnswer> {
    this.browsed += 1;
    if (this.trouble !== null) {
      return this.trouble;
    }
    const all = [...this.jobs].map(([id, job]) => ({ id, ...job, state: this.stateOf(id) }));
    const open = all.filter((job) => job.state === state && job.id > (next ?? ""));
    const jobs = open.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, this.pageSize);
    return { kind: "ok", jobs, next: open.length > jobs.length ? (jobs.at(-1)?.id ?? null) : null };
  }

  /** As its user sees it, unless a test has put UCloud back. */
  stateOf(id: string): string {
    return this.jobs.get(id)?.state ?? this.states(id).at(-1) ?? "IN_QUEUE";
  }

  async warmUp(): Promise<void> {}

  /** What it took about one job. */
  told(id: string): JobUpdate[] {
    return this.taken.filter((item) => item.id === id).map(({ update }) => update);
  }

  /** The states among them. */
  states(id: string): string[] {
    return this.told(id).flatMap(({ state }) => (state === undefined ? [] : [state]));
  }

  called(call: "update" | "exists" | "retrieve"): string[][] {
    return this.calls.filter((one) => one.call === call).map(({ ids }) => ids);
  }

  async #receive(call: "update" | "exists" | "retrieve", ids: string[]): Promise<void> {
    this.calls.push({ call, ids });
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
  }

  #check(items: Item[]): void {
    if (items.length === 0 || items.length > 100) {
      this.violations.push(`a batch of ${items.length}`);
    }
    if (new Set(items.map(({ id }) => id)).size !== items.length) {
      this.violations.push("a job twice in one batch");
    }
    for (const { id, update } of items) {
      if (update.state === undefined && !update.status) {
        this.violations.push(`${id}: an empty update`);
      }
      if (this.states(id).some((state) => ["SUCCESS", "FAILURE", "EXPIRED"].includes(state))) {
        this.violations.push(`${id}: something after its end`);
      }
    }
  }
}
