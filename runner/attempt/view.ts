/** What this process knows of an attempt and can find out again: it dies with the process, the journal does not. */
import type { ImageFacts } from "../engine/engine.ts";
import type { Finding } from "./finding.ts";

export type View = {
  image: ImageFacts | null;
  /** The site's prolog went well, by this process. */
  prologDone: boolean;
  created: boolean;
  /** The container and its network are gone, by our hand. */
  removed: boolean;
  found: Finding | null;
  /** Uptime of the next look at the container; null: none is planned. */
  lookAtMs: number | null;
  /** Somebody waits for the exit; if not, from when on to try. */
  watching: boolean;
  watchAtMs: number;
  watchFailures: number;
  unclearSinceMs: number | null;
  killedMs: number | null;
  /** The look found that start may be called once more. */
  mayStart: boolean;
  /** The container must be gone before its end is told. */
  discard: boolean;
  failures: number;
  /** Podman is not asked before this uptime. */
  notBeforeMs: number;
};

export function newView(): View {
  return {
    image: null,
    prologDone: false,
    created: false,
    removed: false,
    found: null,
    lookAtMs: 0,
    watching: false,
    watchAtMs: 0,
    watchFailures: 0,
    unclearSinceMs: null,
    killedMs: null,
    mayStart: false,
    discard: false,
    failures: 0,
    notBeforeMs: 0,
  };
}
