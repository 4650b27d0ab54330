/** Before something is done: what it means, and why. Focus goes to the reason, and back to the button afterwards. */
import { el } from "./element.ts";
import { troubleOf } from "./gateway.ts";
import type { Verb } from "./verbs.ts";

const MAX_REASON = 400;

export type Said = { reason: string; until?: string };

/** `act` is what the dialog is for; it stays open, with the words, for as long as that fails. */
export function confirmVerb(verb: Verb, object: string, act: (said: Said) => Promise<void>): void {
  const reason = el("textarea", { id: "reason", rows: 3, maxlength: MAX_REASON, required: true, autofocus: true });
  const until = el("input", { id: "until", type: "datetime-local", autocomplete: "off" });
  const problem = el("p", { class: "problem", role: "alert" });
  const confirm = el("button", { class: verb.isGrave ? "main grave" : "main" }, verb.label);
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-effect" },
    el(
      "form",
      { method: "dialog", autocomplete: "off", onsubmit },
      el("h2", { id: "dialog-title" }, `${verb.label}: ${object}`),
      el("p", { id: "dialog-effect" }, verb.effect),
      el("label", { for: "reason" }, "Reason, for the record"),
      reason,
      ...(verb.hasEnd ? [el("label", { for: "until" }, "Until (optional)"), until] : []),
      problem,
      el("div", { class: "actions" }, el("button", { type: "button", onclick: () => dialog.close() }, "Back"), confirm),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();

  async function onsubmit(event: Event): Promise<void> {
    event.preventDefault();
    confirm.disabled = true;
    problem.textContent = "";
    try {
      const end = verb.hasEnd && until.value !== "" ? { until: new Date(until.value).toISOString() } : {};
      await act({ reason: reason.value.trim(), ...end });
      dialog.close();
    } catch (error) {
      problem.textContent = troubleOf(error).message;
    } finally {
      confirm.disabled = false;
    }
  }
}
