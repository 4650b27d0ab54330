/** Each queue by its own word, and what can be done with it. */
import type { ShownQueue } from "../../worker/admin/answers.ts";
import { el } from "../element.ts";
import { badge, buttons, empty, facts } from "../parts.ts";
import { PAUSE, RECONCILE, RESUME_QUEUE } from "../verbs.ts";
import type { Desk, View } from "../view.ts";
import { spelledAge, spelledMoment } from "../words.ts";

export const QUEUES: View = {
  title: "Queues",
  tab: "Queues",
  isLive: false,
  async show(desk) {
    const { items } = await desk.gateway.get<{ items: ShownQueue[] }>("/queues");
    return items.length === 0
      ? [empty("There is no queue: the setting PRODUCTS names no machine type.")]
      : items.map((queue) => card(queue, desk));
  },
};

function card(queue: ShownQueue, desk: Desk): HTMLElement {
  const { name, paused, closing, refreshRefusedSince, restoredSince } = queue;
  const object = { path: `/queues/${encodeURIComponent(name)}`, name };
  return el(
    "section",
    { class: "card" },
    el(
      "h2",
      {},
      name,
      " ",
      paused && badge("warn", "paused"),
      restoredSince ? badge("warn", "put back") : null,
      closing && badge("quiet", "closing"),
    ),
    paused &&
      el(
        "p",
        {},
        `Paused by ${paused.by} at ${spelledMoment(paused.since)}: ${paused.reason ?? "no reason was given"}`,
      ),
    restoredSince !== null &&
      el(
        "p",
        {},
        `Put back from a copy at ${spelledMoment(restoredSince)}: nothing new is offered until it has been compared with UCloud.`,
      ),
    refreshRefusedSince !== null &&
      el(
        "p",
        { class: "problem" },
        `UCloud has refused the refresh token for ${spelledAge(Date.now() - refreshRefusedSince)}: set a new UCLOUD_REFRESH_TOKEN.`,
      ),
    facts([
      ["Waiting", queue.queued + queue.held],
      ["On machines", queue.active],
      ["Ended, still listed", queue.finished],
      [
        "Undelivered",
        queue.undelivered === 0
          ? 0
          : el("a", { href: "#undelivered", id: `undelivered-${name}` }, String(queue.undelivered)),
      ],
      ["Runners", queue.runners],
    ]),
    buttons(desk, object, [paused ? RESUME_QUEUE : PAUSE, RECONCILE]),
  );
}
