/** A one-time code for a new machine. It is shown once: whoever leaves this view makes another one. */
import { el } from "../element.ts";
import { troubleOf } from "../gateway.ts";
import { empty } from "../parts.ts";
import type { Desk, View } from "../view.ts";
import { spelledMoment } from "../words.ts";

export const ENROL: View = {
  title: "Enrol a runner",
  tab: null,
  isLive: false,
  async show(desk) {
    if (!desk.may("owner")) {
      return [empty("Only an owner can enrol a runner. Ask one for a code.")];
    }
    if (desk.overview.offered.length === 0) {
      return [empty("The setting PRODUCTS names no machine type that a runner could serve.")];
    }
    return [form(desk)];
  },
};

function form({ gateway, overview: { offered } }: Desk): HTMLElement {
  const name = el("input", {
    ...{ id: "runner-name", required: true, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*" },
    ...{ autocomplete: "off", spellcheck: "false", "aria-describedby": "runner-name-hint" },
  });
  const boxes = offered.map((category) =>
    el("input", { type: "checkbox", value: category, checked: offered.length === 1 }),
  );
  const result = el("div", { role: "status" });

  const make = async (event: Event) => {
    event.preventDefault();
    const categories = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    try {
      const { code, expiresAt } = await gateway.post<{ code: string; expiresAt: number }>("/enrollments", {
        name: name.value.trim(),
        categories,
      });
      result.replaceChildren(shown(code, expiresAt));
    } catch (error) {
      result.replaceChildren(el("p", { class: "problem" }, troubleOf(error).message));
    }
  };

  return el(
    "form",
    { class: "card", autocomplete: "off", onsubmit: make },
    el("label", { for: "runner-name" }, "Name of the machine"),
    name,
    el(
      "p",
      { id: "runner-name-hint", class: "fine" },
      "Letters, digits, dots, hyphens. A name that is enrolled already keeps its id and gets a new key.",
    ),
    el(
      "fieldset",
      {},
      el("legend", {}, "Categories that it serves"),
      ...boxes.map((box) => el("label", {}, box, " ", box.value)),
    ),
    el("div", { class: "actions" }, el("button", { class: "main" }, "Make a code")),
    result,
  );
}

function shown(code: string, expiresAt: number): HTMLElement {
  const command = `ucloud-runner enroll --gateway ${location.origin} --code ${code} --state-dir /var/lib/ucloud-runner`;
  const copy = el("button", { type: "button" }, "Copy the command");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command).then(
      () => copy.replaceChildren("Copied"),
      () => copy.replaceChildren("Not copied: select the text"),
    );
  });
  return el(
    "section",
    { class: "code", "aria-label": "The code" },
    el("p", {}, `Run this on the machine, once, before ${spelledMoment(expiresAt)}. The code is not shown again.`),
    el("pre", { tabindex: 0 }, el("code", { id: "enrol-command" }, command)),
    copy,
  );
}
