/** What the platform bills, as far as one gateway causes it. */

export type Counts = {
  workerRequests: number;
  /** Calls and alarms of objects; the messages of sockets are counted apart. */
  objectRequests: number;
  socketMessages: number;
  /** Those that came, part of the requests; and those that were set, each a row written. */
  alarms: number;
  alarmsSet: number;
  /** Now: objects whose alarm is still to come. */
  alarmsArmed: number;
  rowsRead: number;
  rowsWritten: number;
  /** Requests to UCloud. */
  subrequests: number;
  /** How often each handler of an object was called. */
  calls: Record<string, number>;
};

export async function readCounts(gatewayUrl: string): Promise<Counts> {
  const response = await fetch(`${gatewayUrl}/bench/counts`);
  return (await response.json()) as Counts;
}

/** What was counted between two readings. */
export function countedSince(before: Counts, after: Counts): Counts {
  const names = Object.keys(after.calls);
  const calls = names.map((name) => [name, (after.calls[name] ?? 0) - (before.calls[name] ?? 0)] as const);
  return {
    workerRequests: after.workerRequests - before.workerRequests,
    objectRequests: after.objectRequests - before.objectRequests,
    socketMessages: after.socketMessages - before.socketMessages,
    alarms: after.alarms - before.alarms,
    alarmsSet: after.alarmsSet - before.alarmsSet,
    alarmsArmed: after.alarmsArmed,
    rowsRead: after.rowsRead - before.rowsRead,
    rowsWritten: after.rowsWritten - before.rowsWritten,
    subrequests: after.subrequests - before.subrequests,
    calls: Object.fromEntries(calls.filter(([, count]) => count > 0)),
  };
}
