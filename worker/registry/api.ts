/** What the Worker asks of the Registry object. */
import type { Role } from "../auth/admin-token.ts";
import type { Drained, Pasted, RunnerIdentity, Standing } from "../queue/api.ts";
import type { QueueSnapshot } from "../queue/snapshot.ts";
import type { Decision } from "./standing.ts";

export type EnrolledRunner = {
  id: string;
  name: string;
  categories: string[];
  enrolledAt: number;
  revokedAt: number | null;
  drained: Drained | null;
  /** Networks that it may call from; null: any. */
  cidr: string[] | null;
};

/** A runner as it is kept. */
export type RunnerRecord = Omit<EnrolledRunner, "drained"> & {
  publicKey: string;
  revokeReason: string | null;
  /** Null: nothing was ever decided. */
  standing: Standing | null;
};

/** What a code enrols. */
export type Allowed = Pick<RunnerRecord, "name" | "categories" | "cidr">;

/** `open`: categories whose queue has not confirmed yet. */
export type Decided = { runner: EnrolledRunner; open: string[] };

/** A write of an administrator. `outcome` is the status of the answer. */
export type AuditedWrite = {
  name: string;
  role: Role;
  verb: string;
  object: string;
  reason: string | null;
  outcome: number;
};

export type EnrollAnswer =
  | { kind: "enrolled"; runner: { id: string; name: string }; categories: string[] }
  /** Unknown, used and expired look the same from outside. */
  | { kind: "code_unknown" }
  /** The code stays good. */
  | { kind: "other_address" };

export type AdmitAnswer =
  | { kind: "admitted"; runner: RunnerIdentity; standing: Standing | null; cidr: string[] | null }
  | { kind: "refused"; why: "unknown" | "revoked" | "other_category" | "restoring" };

/** What the metrics are made of. `openWords`: queues that have not confirmed a word about a runner yet. */
export type Overview = { queues: { category: string; snapshot: QueueSnapshot }[]; runners: number; openWords: number };

/** The Registry's part of a copy of the gateway. `categories`: those that some runner was ever enrolled for. */
export type RegistryCopy = { runners: RunnerRecord[]; categories: string[] };

export interface RegistryApi {
  newCode(given: Allowed): Promise<{ code: string; expiresAt: number }>;
  /** `publicKey` is the raw Ed25519 key in base64. */
  enroll(given: { code: string; publicKey: string; address: string }): Promise<EnrollAnswer>;
  admit(runnerId: string, category: string): Promise<AdmitAnswer>;
  runners(): Promise<EnrolledRunner[]>;
  /** A queue says how it stands. */
  report(category: string, snapshot: QueueSnapshot): Promise<void>;
  overview(): Promise<Overview>;
  /** Null, here and below: no such runner. */
  revoke(runnerId: string, reason: string): Promise<Decided | null>;
  decide(runnerId: string, decision: Decision): Promise<Decided | null>;
  /** Its id is never used again. */
  remove(runnerId: string): Promise<Decided | null>;
  /** While queues are put back no runner connects. */
  keepOut(isKeptOut: boolean): Promise<void>;
  copy(after: string): Promise<RegistryCopy & { next: string | null }>;
  /** Whoever is known stays as it is. `nameOf`: another runner has this one's name, and nothing was pasted. */
  paste(copy: RegistryCopy): Promise<Pasted | { nameOf: string }>;
  audit(write: AuditedWrite): Promise<void>;
  /** The newest first. */
  audited(limit: number): Promise<(AuditedWrite & { at: number })[]>;
}
