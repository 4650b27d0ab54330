/** Elements from values: texts become text nodes and nothing that came from elsewhere is ever parsed as HTML. */

export type Child = Node | string | number | null | false;
type Value = string | number | boolean | null | ((event: Event) => void);

/** `on…` is a listener; true an attribute without a value; false and null none at all. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice("on".length), value);
    } else if (value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== false).map(nodeOf));
  return element;
}

function nodeOf(child: Node | string | number): Node | string {
  return typeof child === "number" ? String(child) : child;
}

/** An element of `index.html`. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`index.html has no ${id}`);
  }
  return found;
}

/** New content in the place of the old; the focus stays with the control of the same id, or goes to the heading. */
export function refill(place: HTMLElement, children: Node[]): void {
  const focused = place.contains(document.activeElement) ? document.activeElement?.id : undefined;
  place.replaceChildren(...children);
  if (focused) {
    (document.getElementById(focused) ?? byId("heading", HTMLElement)).focus({ preventScroll: true });
  }
}
