/** The end of a finished job's output that is kept at the edge, for when nobody brings the log; marked as what it is. */
import type { Viewer } from "./viewer.ts";

/** `why` nobody brings it; null: there never was one. */
export function showKept(viewer: Viewer, why: string | null, tail: string | null): void {
  if (tail === null) {
    viewer.shown(why);
    return;
  }
  const bytes = Uint8Array.from(atob(tail), (char) => char.charCodeAt(0));
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
  viewer.showTail(`${why}; this is the last part of the log`, text);
}
