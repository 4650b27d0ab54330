/** A job's wish for a file or folder of drive 7. */
import type { Mount } from "../../shared/plan.ts";

export function aMount(given: Partial<Mount> = {}): Mount {
  return { drive: "7", path: "data", destination: "/work/data", readOnly: false, ...given };
}
