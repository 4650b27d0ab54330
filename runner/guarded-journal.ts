/** A journal that knows whether it takes writes: while it refuses them the node takes no job. */
import type { Journal } from "./journal.ts";
import { errorFields, type Log } from "./log.ts";

/** `failures`: writes that failed since the start. */
export type GuardedJournal = { journal: Journal; refuses(): boolean; failures(): number };

/** `changed` is called when writes begin or cease to fail. Errors pass through to the caller. */
export function guardJournal(journal: Journal, changed: () => void): GuardedJournal {
  let refuses = false;
  let failures = 0;
  const guard = (write: () => void) => {
    const before = refuses;
    refuses = true;
    try {
      write();
      refuses = false;
    } finally {
      failures += refuses ? 1 : 0;
      if (before !== refuses) {
        changed();
      }
    }
  };
  return {
    refuses: () => refuses,
    failures: () => failures,
    journal: {
      ...{ generation: journal.generation, lost: journal.lost },
      rows: () => journal.rows(),
      put: (attempt, plan) => guard(() => journal.put(attempt, plan)),
      remove: (ref) => guard(() => journal.remove(ref)),
      heard: () => journal.heard(),
      setHeard: (category, at) => guard(() => journal.setHeard(category, at)),
      images: () => journal.images(),
      putImage: (image) => guard(() => journal.putImage(image)),
      removeImage: (name) => guard(() => journal.removeImage(name)),
      probe: () => guard(() => journal.probe()),
      close: () => journal.close(),
    },
  };
}

/** Whether it takes writes now; never fails. */
export function probeJournal(journal: Journal, log: Log): void {
  try {
    journal.probe();
  } catch (error) {
    log.error(errorFields(error), "journal.refused");
  }
}
