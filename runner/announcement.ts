/** What `hello` says of the node. An unknown inventory is owed: it is said again when Podman has listed. */
import type { Holdings } from "./holdings.ts";
import type { Description, Link } from "./link.ts";
import type { Reports } from "./reports.ts";

type Deps = { reports: Reports; holdings: Holdings /** Podman has listed. */; isKnown(): boolean };

export class Announcement {
  readonly #deps: Deps;
  readonly #owed = new Set<string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  describe(category: string): Description {
    const { reports, holdings, isKnown } = this.#deps;
    if (!isKnown()) {
      this.#owed.add(category);
      return { ...reports.tell(category), inventory: "unknown" };
    }
    this.#owed.delete(category);
    return { ...reports.tell(category), inventory: holdings.inventory(category) };
  }

  /** Podman may list between a `hello` and its `welcome`, so both moments ask. */
  complete(link: Link): void {
    if (this.#deps.isKnown() && this.#owed.has(link.category)) {
      link.sayHello();
    }
  }
}
