/** Who has changed what, when and why. */
import type { AuditedWrite } from "../../worker/registry/api.ts";
import type { Child } from "../element.ts";
import { badge, empty, table } from "../parts.ts";
import type { View } from "../view.ts";
import { spelledMoment } from "../words.ts";

const NEWEST = 200;

export const AUDIT: View = {
  title: "Audit",
  tab: "Audit",
  isLive: false,
  async show({ gateway }) {
    const { items } = await gateway.get<{ items: (AuditedWrite & { at: number })[] }>(`/audit?limit=${NEWEST}`);
    if (items.length === 0) {
      return [empty("No administrator has changed anything yet. Every change will be here, with its reason.")];
    }
    const rows = items.map(({ at, name, role, verb, object, reason, outcome }): Child[] => [
      spelledMoment(at),
      `${name} (${role})`,
      verb,
      object || "–",
      reason ?? "–",
      outcome < 400 ? badge("good", "done") : badge("bad", `refused, ${outcome}`),
    ]);
    return [table(`The newest ${items.length} changes`, ["When", "Who", "What", "Object", "Reason", "Outcome"], rows)];
  },
};
