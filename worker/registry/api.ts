/** What the Worker asks of the Registry object. */
import type { RunnerIdentity } from "../queue/api.ts";
import type { QueueSnapshot } from "../queue/snapshot.ts";

export type EnrolledRunner = {
  id: string;
  name: string;
  categories: string[];
  enrolledAt: number;
  revokedAt: number | null;
};

export type EnrollAnswer =
  | { kind: "enrolled"; runner: { id: string; name: string }; categories: string[] }
  /** Unknown, used and expired look the same from outside. */
  | { kind: "code_unknown" };

export type AdmitAnswer =
  | { kind: "admitted"; runner: RunnerIdentity }
  | { kind: "refused"; why: "unknown" | "revoked" | "other_category" };

/** What the metrics are made of. `openWords`: queues that have not confirmed a word about a runner yet. */
export type Standing = { queues: { category: string; snapshot: QueueSnapshot }[]; runners: number; openWords: number };

export interface RegistryApi {
  newCode(given: { name: string; categories: string[] }): Promise<{ code: string; expiresAt: number }>;
  /** `publicKey` is the raw Ed25519 key in base64. */
  enroll(given: { code: string; publicKey: string }): Promise<EnrollAnswer>;
  admit(runnerId: string, category: string): Promise<AdmitAnswer>;
  runners(): Promise<EnrolledRunner[]>;
  /** A queue says how it stands. */
  report(category: string, snapshot: QueueSnapshot): Promise<void>;
  standing(): Promise<Standing>;
  /** `open`: categories whose queue has not confirmed yet; null: no such runner. */
  revoke(runnerId: string, reason: string): Promise<{ runner: EnrolledRunner; open: string[] } | null>;
}
