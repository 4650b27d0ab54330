/** Jobs over all queues: those that go on, then those that have ended and are still listed. */
import type { JobSummary } from "../../worker/queue/api.ts";
import { type Child, el } from "../element.ts";
import { isOver, stateBadge } from "../job-state.ts";
import { empty, jobLink, table } from "../parts.ts";
import type { Desk, NameOf, View } from "../view.ts";

const PER_PAGE = 500;

type Page = { items: JobSummary[]; next: string | null };

export const JOBS: View = {
  title: "Jobs",
  tab: "Jobs",
  isLive: false,
  async show(desk: Desk, from) {
    const next = from === "" ? "" : `&next=${encodeURIComponent(from)}`;
    const page = await desk.gateway.get<Page>(`/jobs?limit=${PER_PAGE}${next}`);
    if (page.items.length === 0) {
      return [
        search(),
        empty("There is no job here. Jobs come from UCloud: a user submits one to a machine type of this provider."),
      ];
    }
    const nameOf = await desk.namesOf(page.items.flatMap(({ runner }) => runner ?? []));
    const [ended = [], open = []] = [true, false].map((is) => page.items.filter(({ state }) => isOver(state) === is));
    return [
      search(),
      open.length === 0 ? empty("No job of these waits or runs.") : list("Waiting and running", open, nameOf),
      ...(ended.length === 0 ? [] : [list("Ended", ended, nameOf)]),
      ...(page.next === null
        ? []
        : [el("p", {}, el("a", { class: "button", href: `#more/${encodeURIComponent(page.next)}` }, "Further jobs"))]),
    ];
  },
};

/** The same list from another place on. */
export const MORE_JOBS: View = { ...JOBS, title: "Further jobs", tab: null };

function list(caption: string, jobs: JobSummary[], nameOf: NameOf): HTMLElement {
  const rows = jobs.map(({ id, category, state, attempt, runner, told, waitsFor }): Child[] => [
    jobLink(id),
    stateBadge(state),
    category,
    runner === null ? "–" : nameOf(runner),
    attempt,
    told ?? "–",
    waitsFor ?? "–",
  ]);
  return table(
    `${caption}: ${jobs.length}`,
    ["Job", "State", "Category", "Runner", "Attempt", "UCloud knows", "Waits for"],
    rows,
  );
}

function search(): HTMLElement {
  const input = el("input", { id: "job-id", autocomplete: "off", spellcheck: "false", required: true });
  const find = (event: Event) => {
    event.preventDefault();
    location.hash = `#jobs/${encodeURIComponent(input.value.trim())}`;
  };
  return el(
    "form",
    { class: "search", role: "search", onsubmit: find },
    el("label", { for: "job-id" }, "Job's id"),
    input,
    el("button", {}, "Show"),
  );
}
