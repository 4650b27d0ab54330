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

/** Who is enrolled, for what, and with which key: raw Ed25519 in base64. */
export type NewRunner = Pick<RunnerRecord, "name" | "categories" | "cidr" | "publicKey">;

/** What a code is good for. `pattern`: a name, or with `*` and `?` a pattern of names. */
export type NewCode = Pick<RunnerRecord, "categories" | "cidr"> & {
  pattern: string;
  uses: number;
  lifeMs: number;
  /** The administrator who made it. */
  by: string;
};

/** A code as it is kept and shown. `id`: the beginning of its hash. */
export type KeptCode = Omit<NewCode, "lifeMs"> & { id: string; usesLeft: number; expiresAt: number };

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

/** `name`: that it asks for; `hostname`: its machine's own, for a code of a pattern where it asks for none. */
export type Enrolling = {
  code: string;
  publicKey: string;
  name: string | null;
  hostname: string | null;
  address: string;
};

type Enrolled = { kind: "enrolled"; runner: { id: string; name: string }; categories: string[] };
/** Another runner has the key; or it belonged to a runner when that was revoked. */
type KeyRefusal = { kind: "key_taken" | "key_revoked" };

/** Each but `enrolled` leaves the code as it was. */
export type EnrollAnswer =
  | Enrolled
  | KeyRefusal
  /** Unknown, used up, ended and expired look the same from outside. */
  | { kind: "code_unknown" }
  | { kind: "other_address" | "other_name" }
  /** The code is not for one machine alone, and this name's runner is working, or was revoked. */
  | { kind: "at_work" | "name_revoked" };

export type RegisterAnswer = Enrolled | KeyRefusal;

export type AdmitAnswer =
  | { kind: "admitted"; runner: RunnerIdentity; standing: Standing | null; cidr: string[] | null }
  | { kind: "refused"; why: "unknown" | "revoked" | "other_category" | "restoring" };

/** What the metrics are made of. `openWords`: queues that have not confirmed a word about a runner yet. */
export type Overview = { queues: { category: string; snapshot: QueueSnapshot }[]; runners: number; openWords: number };

/** The Registry's part of a copy of the gateway. `categories`: those that some runner was ever enrolled for. */
export type RegistryCopy = { runners: RunnerRecord[]; categories: string[] };

export interface RegistryApi {
  newCode(given: NewCode): Promise<{ id: string; code: string; expiresAt: number }>;
  /** The newest first. */
  codes(limit: number): Promise<KeptCode[]>;
  /** Null: no such code is open. */
  endCode(id: string): Promise<KeptCode | null>;
  enroll(given: Enrolling): Promise<EnrollAnswer>;
  /** By an administrator's word, without a code. What is so already stays untouched. */
  register(given: NewRunner): Promise<RegisterAnswer>;
  runnerWithKey(publicKey: string): Promise<EnrolledRunner | null>;
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
