/**
 * Which containers are this runner's. One that is asked to (`start --adopt-foreign`) takes up what a lost state folder
 * has left that had its own id; the lost folder's id is kept, so that this stays its own at every later start.
 */
import type { ContainerFacts } from "./engine/engine.ts";
import type { Log } from "./log.ts";
import { heirless, type Own, type Owner, ownerOf, sortOut, writeInherited } from "./ownership.ts";

type Deps = {
  stateDir: string;
  runner: string;
  log: Log;
  /** To adopt: the state folders that are not lost, because a runner works in them. */
  adoptForeign?: () => Promise<ReadonlySet<string>>;
};

export class Belongings {
  readonly #deps: Deps;
  #owner: Owner;
  #isSorted = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#owner = ownerOf(deps.stateDir, deps.runner);
  }

  get owner(): Owner {
    return this.#owner;
  }

  /** Only the first listing adopts: what is foreign then stays so. */
  async sort(containers: ContainerFacts[]): Promise<{ own: Own[]; foreign: ContainerFacts[] }> {
    if (!this.#isSorted) {
      await this.#inherit(containers);
      this.#isSorted = true;
    }
    return sortOut(containers, this.#owner);
  }

  async #inherit(containers: ContainerFacts[]): Promise<void> {
    const { adoptForeign: liveFolders, stateDir, log } = this.#deps;
    const folders = heirless(containers, this.#owner);
    if (liveFolders === undefined || folders.length === 0) {
      return;
    }
    const live = await liveFolders();
    const lost = folders.filter((folder) => !live.has(folder));
    if (lost.length < folders.length) {
      log.warn({ stateFolders: folders.filter((folder) => live.has(folder)) }, "foreign.not_adopted");
    }
    if (lost.length > 0) {
      const inherited = [...this.#owner.inherited, ...lost];
      writeInherited(stateDir, inherited);
      this.#owner = { ...this.#owner, inherited };
      log.warn({ stateFolders: lost }, "foreign.adopted");
    }
  }
}
