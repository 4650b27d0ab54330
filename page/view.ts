/** What one view of the page is given, and what it gives. */
import type { AdminOverview } from "../worker/admin/answers.ts";
import type { Role } from "../worker/auth/admin-token.ts";
import type { Gateway } from "./gateway.ts";
import type { Verb } from "./verbs.ts";

/** Of a runner, by its id; of one that nobody knows, the id. */
export type NameOf = (runner: string) => string;

export type Desk = {
  gateway: Gateway;
  overview: AdminOverview;
  may(role: Role): boolean;
  /** For these runners. */
  namesOf(runners: readonly string[]): Promise<NameOf>;
  /** Asks why, does it, and shows the view anew. `path` is the object's own. */
  act(verb: Verb, object: { path: string; name: string }): void;
};

export type View = {
  title: string;
  /** In the navigation; null: reached from another view. */
  tab: string | null;
  /** Made of the overview alone, so it is shown anew with each. Others ask the queues, and only when somebody wants it. */
  isLive: boolean;
  /** `rest` is what stands behind the view's name in the address. */
  show(desk: Desk, rest: string): Promise<Node[]>;
};
