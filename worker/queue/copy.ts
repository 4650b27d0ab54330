/**
 * A queue's part of a copy of the gateway: the jobs that are not at rest, and the use that is told or owed. It is read
 * page by page in the order of keys, and pasted into a queue that is empty or paused, which is a restored one then.
 */
import type { CopyPlace, Pasted, QueueCopy } from "./api.ts";
import type { Key } from "./columns.ts";
import type { At, Job } from "./job.ts";
import { noteRestored } from "./restored.ts";
import type { QueueState } from "./state.ts";

/** Of one page; one job more may come on top, with its plan of at most 192 KiB. */
const MAX_PAGE_CHARS = 1_000_000;
const ROWS_AT_ONCE = 50;
const FIRST: Key = { id: "", incarnation: "" };

/** `items` are JSON texts, so that what a plan has in it is the same afterwards. */
export function copyPage(state: QueueState, place: CopyPlace | null): { items: string[]; next: CopyPlace | null } {
  const { part, ...after } = place ?? { part: "jobs", ...FIRST };
  const rows = part === "jobs" ? jobRows(state, after) : useRows(state, after);
  const items: string[] = [];
  let chars = 0;
  for (const { key, item } of rows) {
    items.push(item);
    chars += item.length;
    if (chars >= MAX_PAGE_CHARS) {
      return { items, next: { part, ...key } };
    }
  }
  return { items, next: part === "jobs" ? { part: "uses", ...FIRST } : null };
}

type Row = { key: Key; item: string };

function* jobRows(state: QueueState, after: Key): Generator<Row> {
  const { category } = state.ports;
  for (let page = open(state, after); page.length > 0; page = open(state, page.at(-1) ?? after)) {
    for (const job of page) {
      yield { key: keyOf(job), item: JSON.stringify({ kind: "job", category, job, plan: state.jobs.plan(job) }) };
    }
  }
}

function* useRows(state: QueueState, after: Key): Generator<Row> {
  const { category } = state.ports;
  const read = (key: Key) => state.usage.page(key, ROWS_AT_ONCE);
  for (let page = read(after); page.length > 0; page = read(page.at(-1) ?? after)) {
    for (const use of page) {
      yield { key: keyOf(use), item: JSON.stringify({ kind: "use", category, use }) };
    }
  }
}

const keyOf = ({ id, incarnation }: Key): Key => ({ id, incarnation });
const open = (state: QueueState, after: Key) => state.jobs.openAfter(after, Number.MAX_SAFE_INTEGER, ROWS_AT_ONCE);

/** What is known already stays as it is, so the same page may come twice. */
export function pasteCopy(state: QueueState, { jobs, uses }: QueueCopy, by: string, at: At): Pasted | null {
  const { bornAtMs, paused } = state.settings.get();
  if (bornAtMs !== null && paused === null) {
    return null;
  }
  state.noteOpen(at);
  noteRestored(state, { reason: "It was filled from a copy.", by }, at);
  state.silenceCheckMs = null;
  const newJobs = jobs.filter(({ job, plan }) => pasteJob(state, job, plan, at));
  const newUses = uses.filter((use) => state.usage.get(use) === null);
  for (const use of newUses) {
    state.usage.save(use);
  }
  const taken = newJobs.length + newUses.length;
  return { taken, known: jobs.length + uses.length - taken };
}

function pasteJob(state: QueueState, job: Job, plan: QueueCopy["jobs"][number]["plan"], { nowMs }: At): boolean {
  if (state.jobs.get(job) !== null || (!job.mute && state.jobs.live(job.id) !== null)) {
    return false;
  }
  // The clock of the machine that the copy comes from may be ahead of this one's.
  const pasted = { ...job, acceptedAtMs: Math.min(job.acceptedAtMs, nowMs) };
  state.jobs.insert(state.settledForInsert(pasted), plan);
  return true;
}
