/**
 * What the queue asks of UCloud's control API (`/api/jobs/control/*`), and the only answers it distinguishes. The
 * implementation is `client.ts`; nothing here throws.
 */

import type { OpenJobsApi } from "./open-jobs.ts";

export type UcloudState = "IN_QUEUE" | "RUNNING" | "SUSPENDED" | "SUCCESS" | "FAILURE" | "EXPIRED";

/** UCloud's `JobUpdate`: fields that are null or absent are not sent. */
export type JobUpdate = {
  state?: UcloudState;
  status?: string;
  /** The whole running time in milliseconds; UCloud keeps whole minutes. */
  newTimeAllocation?: number;
  /** UCloud's path of the folder that the job's output is in. */
  outputFolder?: string;
  expectedState?: UcloudState;
  expectedDifferentState?: boolean;
};

export type Unanswered = Unavailable | RefreshRefused;
/** UCloud could not be asked or did not answer as agreed; `status` is null without an HTTP answer. */
type Unavailable = { kind: "unavailable"; status: number | null };
/** The refresh token itself was refused: nothing can be told until the operator acts. */
type RefreshRefused = { kind: "refresh-refused" };

/** `rejected`: UCloud refuses the request as it is (400, 404): one of its items is bad. */
export type UpdateAnswer = { kind: "ok" } | { kind: "rejected"; status: number } | Unavailable | RefreshRefused;
export type ExistsAnswer = { kind: "ok"; exists: boolean[] } | Unavailable | RefreshRefused;

export type CoreJob = {
  createdAt: number;
  owner: { createdBy: string; project: string | null };
  product: { id: string; category: string };
  /** Null or absent where UCloud does not say. */
  state?: string | null;
  startedAt?: number | null;
  wallMs?: number | null;
};
export type RetrieveAnswer = { kind: "ok"; job: CoreJob } | { kind: "absent" } | Unavailable | RefreshRefused;

export interface ControlApi extends OpenJobsApi {
  /** At most 100 items, at most one of each job. */
  update(items: { id: string; update: JobUpdate }[]): Promise<UpdateAnswer>;
  /**
   * In the order of `ids`, at most 1000. The older Core has no such call: one id is looked up by `retrieve` there, and for
   * several the answer is an unavailable 404.
   */
  exists(ids: string[]): Promise<ExistsAnswer>;
  retrieve(id: string): Promise<RetrieveAnswer>;
  /** Has an access token at hand, asking for one if needed; used in parallel with the guard. */
  warmUp(): Promise<void>;
}
