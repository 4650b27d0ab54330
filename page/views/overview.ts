/** What needs somebody, and how each queue stands. */
import type { AdminOverview } from "../../worker/admin/answers.ts";
import { concernsOf } from "../attention.ts";
import { el } from "../element.ts";
import { badge, empty, facts, table } from "../parts.ts";
import type { Desk, View } from "../view.ts";
import { spelledHeld, spelledWaiting } from "../waiting-words.ts";
import { counted, spelledAge } from "../words.ts";

type Queue = AdminOverview["queues"][number];

export const OVERVIEW: View = {
  title: "Overview",
  tab: "Overview",
  isLive: true,
  async show(desk) {
    const { overview } = desk;
    const unheard = overview.offered.filter((name) => overview.queues.every(({ category }) => category !== name));
    return [
      attention(overview),
      ...(overview.runners.length === 0 ? [firstRunner(desk)] : []),
      ...overview.queues.map((queue) => card(queue, overview)),
      ...unheard.map((name) =>
        el("section", { class: "card" }, el("h2", {}, name), empty("No job and no runner has come here yet.")),
      ),
    ];
  },
};

function firstRunner(desk: Desk): HTMLElement {
  return desk.may("owner")
    ? empty("No runner is enrolled yet. ", el("a", { href: "#enrol" }, "Enrol the first one"))
    : empty("No runner is enrolled yet. An owner can enrol one.");
}

function attention(overview: AdminOverview): HTMLElement {
  const concerns = concernsOf(overview);
  const title = el("h2", {}, "Needs attention");
  if (concerns.length === 0) {
    return el("section", { class: "attention calm" }, title, el("p", {}, "Nothing, as far as the queues have said."));
  }
  const items = concerns.map(({ level, text, view }) =>
    el(
      "li",
      {},
      badge(level, level === "bad" ? "Act now" : "Look"),
      " ",
      el("a", { href: `#${view}`, id: `concern-${text}` }, text),
    ),
  );
  return el("section", { class: "attention" }, title, el("ul", {}, ...items));
}

function card({ category, snapshot }: Queue, { atMs, offered }: AdminOverview): HTMLElement {
  const { jobs, waiting, runners, undelivered, held, usageSinceMs } = snapshot;
  const age = (sinceMs: number) => spelledAge(atMs - sinceMs);
  return el(
    "section",
    { class: "card" },
    el("h2", {}, category, " ", offered.includes(category) ? false : badge("quiet", "closing")),
    facts([
      ["Jobs", spelledCounts(jobs) || "none"],
      ["Runners", spelledCounts(runners) || "none"],
      [
        "Not yet told",
        undelivered.finals + undelivered.others === 0
          ? "nothing"
          : `${counted(undelivered.finals, "final state")}, ${undelivered.others} other`,
      ],
      ["Use", usageSinceMs === null ? "all told to UCloud" : `told up to ${age(usageSinceMs)} ago`],
      ...held.map(({ kind, acts, sinceMs }): [string, string] => [
        "Held",
        `${counted(acts, "act")}: ${spelledHeld(kind)}, for ${age(sinceMs)}`,
      ]),
    ]),
    waiting.length === 0
      ? false
      : table(
          `Jobs that wait in ${category}`,
          ["Waits for", "Jobs", "Oldest"],
          waiting.map(({ reason, jobs: count, sinceMs }) => [spelledWaiting(reason), count, age(sinceMs)]),
        ),
    el(
      "p",
      { class: "fine" },
      `Last news of this queue ${age(snapshot.atMs)} ago; one that has nothing new to say sleeps.`,
    ),
  );
}

function spelledCounts(counts: Record<string, number>): string {
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  return present.map(([word, count]) => `${count} ${word}`).join(", ");
}
