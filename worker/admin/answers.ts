/** What the admin API answers where no object's own type says it; the operator's page reads the same types. */

import type { Capacity } from "../../shared/capacity.ts";
import type { Resources } from "../../shared/plan.ts";
import type { Role } from "../auth/admin-token.ts";
import type { Degraded, Drained, QueueSummary } from "../queue/api.ts";
import type { QueueSnapshot } from "../queue/snapshot.ts";
import type { EnrolledRunner, KeptCode } from "../registry/api.ts";

/** How everything stands, by what the queues have said of themselves, and who asks. */
export type AdminOverview = {
  atMs: number;
  name: string;
  role: Role;
  providerId: string;
  /** Categories of `PRODUCTS`: a runner can enrol for these. */
  offered: string[];
  queues: { category: string; snapshot: QueueSnapshot }[];
  runners: EnrolledRunner[];
  /** Queues that have not confirmed a word about a runner. */
  openWords: number;
};

/** An enrolment code that is open: for one name, or for a pattern of names. */
export type ShownCode = Omit<KeptCode, "pattern"> & { name: string | null; namePattern: string | null };

/** A runner of all its categories. */
export type ShownRunner = {
  id: string;
  name: string;
  categories: string[];
  connected: boolean;
  silentForMs: number | null;
  version: string | null;
  /** Networks that it is held to; null: it may call from anywhere. */
  cidr: readonly string[] | null;
  address: string | null;
  hostname: string | null;
  podman: string | null;
  capacity: Capacity | null;
  /** What its jobs of all categories hold. */
  used: Resources;
  jobs: string[];
  drained: Drained | null;
  /** Its own operator takes it out of service then. */
  closesAt?: number;
  degraded: Degraded | null;
  revoked: boolean;
};

/** `closing`: its category left `PRODUCTS`. */
export type ShownQueue = QueueSummary & { closing: boolean };
