/** One job, and its story: what happened to it, when, and on which machine. */
import type { JobDetail } from "../../worker/queue/api.ts";
import { el } from "../element.ts";
import { isOver, stateBadge } from "../job-state.ts";
import { buttons, facts, table } from "../parts.ts";
import { CANCEL, DISCARD, FAIL, RESEND } from "../verbs.ts";
import type { Desk, NameOf, View } from "../view.ts";
import { spelledAge, spelledMoment } from "../words.ts";

export const JOB: View = {
  title: "Job",
  tab: null,
  isLive: false,
  async show(desk, id) {
    const job = await desk.gateway.get<JobDetail>(`/jobs/${encodeURIComponent(id)}`);
    const ran = [job, ...job.timeline].flatMap(({ runner }) => runner ?? []);
    const nameOf = await desk.namesOf(ran);
    return [card(job, desk, nameOf), timeline(job, nameOf), ...older(job)];
  },
};

function card(job: JobDetail, desk: Desk, nameOf: NameOf): HTMLElement {
  const { id, state, runner, parameters } = job;
  return el(
    "section",
    { class: "card" },
    el("h2", {}, id, " ", stateBadge(state)),
    facts([
      ["Waits for", job.waitsFor ?? "nothing"],
      ["UCloud knows", job.told ?? "nothing yet"],
      ["Runner", runner === null ? "none" : nameOf(runner)],
      ["Attempt", job.attempt],
      ["Category", job.category],
      ["Machine type", job.product],
      ["Workspace", job.workspace],
      ["Parameters given", parameters.length === 0 ? "none" : parameters.join(", ")],
      ["Accepted", spelledMoment(job.acceptedAt)],
      ["Incarnation", el("code", {}, job.incarnation)],
    ]),
    buttons(
      desk,
      { path: `/jobs/${encodeURIComponent(id)}`, name: id },
      isOver(state) ? [RESEND, DISCARD] : [CANCEL, FAIL],
    ),
  );
}

function timeline({ timeline: entries, acceptedAt }: JobDetail, nameOf: NameOf): HTMLElement {
  const items = entries.map(({ atMs, what, attempt, runner, detail }) =>
    el(
      "li",
      {},
      el("time", { datetime: new Date(atMs).toISOString() }, spelledMoment(atMs)),
      el("span", { class: "fine" }, ` +${spelledAge(atMs - acceptedAt)}`),
      el("div", {}, el("strong", {}, what), detail === undefined ? null : `: ${detail}`),
      attempt === undefined
        ? null
        : el("div", { class: "fine" }, `attempt ${attempt}`, runner === undefined ? null : ` on ${nameOf(runner)}`),
    ),
  );
  return el("section", { class: "card" }, el("h2", {}, "Timeline"), el("ol", { class: "timeline" }, ...items));
}

function older({ older: jobs }: JobDetail): HTMLElement[] {
  if (jobs.length === 0) {
    return [];
  }
  const rows = jobs.map(({ incarnation, state, category, attempt }) => [incarnation, state, category, attempt]);
  return [table("Earlier jobs with this id", ["Incarnation", "State", "Category", "Attempts"], rows)];
}
