/** UCloud's list of a provider's jobs: newest first, filtered, a page at a time; a cursor is the last job's id. */
import type { JobBook, UcloudJob } from "./job-book.ts";
import type { Exchange } from "./simulated-ucloud.ts";

const DEFAULT_ITEMS = 50;
const MAX_ITEMS = 1_000;

/** As a provider sees it: also with a create that is still in flight. */
export function shownJob({ id, createdAt, owner, product, state, startedAt }: UcloudJob): object {
  return {
    ...{ id, createdAt, owner },
    specification: { product, timeAllocation: null },
    status: { state, startedAt: startedAt ?? null },
    updates: [],
  };
}

export function browse({ jobs }: JobBook, query: URLSearchParams): Exchange {
  const asked = Number(query.get("itemsPerPage") ?? 0);
  const size = asked <= 0 ? DEFAULT_ITEMS : Math.min(asked, MAX_ITEMS);
  const state = query.get("filterState");
  const category = query.get("filterProductCategory");
  const fitting = [...jobs.values()]
    .filter(
      (job) => (state === null || job.state === state) && (category === null || job.product.category === category),
    )
    .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const next = query.get("next");
  const from = next === null ? 0 : fitting.findIndex(({ id }) => id === next) + 1;
  const page = fitting.slice(from, from + size);
  return {
    status: 200,
    body: {
      items: page.map(shownJob),
      itemsPerPage: size,
      next: from + size < fitting.length ? (page.at(-1)?.id ?? null) : null,
    },
  };
}
