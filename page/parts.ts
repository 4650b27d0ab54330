/** Pieces that several views are made of. Nothing is said by a colour alone. */
import { type Child, el } from "./element.ts";
import type { Verb } from "./verbs.ts";
import type { Desk } from "./view.ts";

export type Tone = "good" | "warn" | "bad" | "quiet";

export function badge(tone: Tone, words: string): HTMLElement {
  return el("span", { class: `badge ${tone}` }, words);
}

/** Names and what they stand for. */
export function facts(pairs: [string, Child][]): HTMLElement {
  return el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** On a narrow screen each row becomes a block; the roles say that it is a table all the same. */
export function table(caption: string, columns: string[], rows: Child[][]): HTMLElement {
  const heads = columns.map((name) => el("th", { scope: "col", role: "columnheader" }, name));
  const lines = rows.map((cells) =>
    el(
      "tr",
      { role: "row" },
      ...cells.map((cell, index) => el("td", { role: "cell", "data-column": columns[index] ?? "" }, cell)),
    ),
  );
  return el(
    "table",
    { role: "table" },
    el("caption", {}, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
    el("tbody", { role: "rowgroup" }, ...lines),
  );
}

/** A share of a whole, as a bar and in words. */
export function bar(name: string, used: number, total: number, spelled: (value: number) => string): HTMLElement {
  const words = `${spelled(used)} of ${spelled(total)}`;
  const share = total > 0 ? Math.min(1, used / total) : 0;
  const fill = el("span");
  fill.style.width = `${share * 100}%`;
  const values = { "aria-valuenow": Math.round(share * 100), "aria-valuetext": words };
  return el(
    "div",
    { class: "bar" },
    el("span", {}, name),
    el("div", { role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100, ...values }, fill),
    el("span", { class: "number" }, words),
  );
}

/** Nothing to show: why that is, and what to do next. */
export function empty(...words: Child[]): HTMLElement {
  return el("p", { class: "empty" }, ...words);
}

/** Only what this token's role may do. */
export function buttons(desk: Desk, object: { path: string; name: string }, verbs: Verb[]): HTMLElement | null {
  const allowed = verbs.filter(({ role }) => desk.may(role));
  return allowed.length === 0
    ? null
    : el(
        "div",
        { class: "actions" },
        ...allowed.map((verb) =>
          el(
            "button",
            {
              ...{ type: "button", class: verb.isGrave ? "grave" : null },
              id: `${verb.name}${object.path}`,
              "aria-label": `${verb.label} ${object.name}`,
              onclick: () => desk.act(verb, object),
            },
            verb.label,
          ),
        ),
      );
}

export function jobLink(id: string): HTMLElement {
  return el("a", { href: `#jobs/${encodeURIComponent(id)}` }, id);
}
