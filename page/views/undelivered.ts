/** What UCloud has not been told, and acts that wait for an administrator. */
import type { Undelivered } from "../../worker/queue/api.ts";
import { type Child, el } from "../element.ts";
import { isOver } from "../job-state.ts";
import { buttons, empty, jobLink, table } from "../parts.ts";
import { DISCARD, RESEND } from "../verbs.ts";
import type { Desk, View } from "../view.ts";
import { spelledHeld } from "../waiting-words.ts";
import { spelledAge } from "../words.ts";

const HELD = "held: ";

export const UNDELIVERED: View = {
  title: "Undelivered and held",
  tab: "Undelivered",
  isLive: false,
  async show(desk) {
    const { items } = await desk.gateway.get<{ items: Undelivered[] }>("/undelivered");
    const [held = [], untold = []] = [true, false].map((is) =>
      items.filter(({ state }) => state.startsWith(HELD) === is),
    );
    return [
      held.length === 0 ? empty("No act is held.") : el("div", {}, heldTable(held), hint()),
      untold.length === 0 ? empty("UCloud has been told everything.") : untoldTable(untold, desk),
    ];
  },
};

function hint(): HTMLElement {
  return el(
    "p",
    {},
    "Held acts go on when their queue is reconciled: look at the jobs first, then ",
    el("a", { href: "#queues" }, "reconcile the queue"),
    ".",
  );
}

function heldTable(items: Undelivered[]): HTMLElement {
  const rows = items.map(({ id, category, state, sinceMs, why }): Child[] => [
    jobLink(id),
    category,
    spelledHeld(state.slice(HELD.length)),
    spelledAge(sinceMs),
    why,
  ]);
  return table(`Held: ${items.length}`, ["Job", "Category", "What", "For", "Why"], rows);
}

function untoldTable(items: Undelivered[], desk: Desk): HTMLElement {
  const rows = items.map(({ id, category, state, sinceMs, tries, why }): Child[] => [
    jobLink(id),
    category,
    state,
    spelledAge(sinceMs),
    tries,
    why,
    isOver(state) ? buttons(desk, { path: `/jobs/${encodeURIComponent(id)}`, name: id }, [RESEND, DISCARD]) : null,
  ]);
  return table(`Not told to UCloud: ${items.length}`, ["Job", "Category", "State", "For", "Tries", "Why", "Do"], rows);
}
