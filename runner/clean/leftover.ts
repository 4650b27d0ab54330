/** Something on this machine that a runner made and no runner owns, or that looks so. */

export type Leftover = {
  kind: "container" | "network" | "folder" | "image";
  name: string;
  /** What it is, in words. */
  found: string;
  /** Why it stays; null: it may go. */
  kept: string | null;
  /** Throws where it cannot be removed. */
  remove(): Promise<void>;
};
