/** Whether a runner may connect to a category's queue now. */
import type { AdmitAnswer } from "./api.ts";
import type { RegistryStore } from "./store.ts";

/** A setting: queues are being put back, and nobody is let in before they are paused. */
const KEPT_OUT = "kept-out";

export function keepOut(store: RegistryStore, isKeptOut: boolean): void {
  store.setSetting(KEPT_OUT, String(isKeptOut));
}

export function admission(store: RegistryStore, runnerId: string, category: string): AdmitAnswer {
  if (store.setting(KEPT_OUT) === "true") {
    return { kind: "refused", why: "restoring" };
  }
  const runner = store.runner(runnerId);
  if (runner === null) {
    return { kind: "refused", why: "unknown" };
  }
  if (runner.revokedAt !== null) {
    return { kind: "refused", why: "revoked" };
  }
  if (!runner.categories.includes(category)) {
    return { kind: "refused", why: "other_category" };
  }
  const { id, name, publicKey, enrolledAt, standing, cidr } = runner;
  return { kind: "admitted", runner: { id, name, publicKey, enrolledAt }, standing, cidr };
}
