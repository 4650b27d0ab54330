/** The platform's list prices in dollars, and what its free plan carries a day. */
import type { Counts } from "./counted/counts.ts";

const PER_MILLION = { workerRequests: 0.3, objectRequests: 0.15, rowsRead: 0.001, rowsWritten: 1, cpuMs: 0.02 };
/** Incoming messages of sockets are billed as a twentieth of a request. */
const MESSAGES_A_REQUEST = 20;
const FREE_A_DAY = { requests: 100_000, rowsRead: 5_000_000, rowsWritten: 100_000 };
/** UCloud asks eight times in ten seconds; the Worker answers without an object. */
const POLLS_A_DAY = 8 * 8_640;
/** A week later the row is deleted. */
const ROWS_LATER = 1;

/** Of one job. */
export type Cost = Pick<Counts, "workerRequests" | "objectRequests" | "socketMessages" | "rowsRead" | "rowsWritten"> & {
  cpuMs: number;
};

export function dollarsPerMillion(cost: Cost): number {
  return (
    cost.workerRequests * PER_MILLION.workerRequests +
    billedRequests(cost) * PER_MILLION.objectRequests +
    cost.rowsRead * PER_MILLION.rowsRead +
    (cost.rowsWritten + ROWS_LATER) * PER_MILLION.rowsWritten +
    cost.cpuMs * PER_MILLION.cpuMs
  );
}

export function freeJobsADay(cost: Cost): number {
  return Math.floor(
    Math.min(
      (FREE_A_DAY.requests - POLLS_A_DAY) / cost.workerRequests,
      FREE_A_DAY.requests / billedRequests(cost),
      FREE_A_DAY.rowsRead / cost.rowsRead,
      FREE_A_DAY.rowsWritten / (cost.rowsWritten + ROWS_LATER),
    ),
  );
}

function billedRequests({ objectRequests, socketMessages }: Cost): number {
  return objectRequests + socketMessages / MESSAGES_A_REQUEST;
}
