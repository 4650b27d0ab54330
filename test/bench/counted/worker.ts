/**
 * The gateway with its meter running: what the platform would put on the bill, counted from outside the product by
 * wrapping what the platform gives it. `GET /bench/counts` shows the counts and wakes no object.
 */
import worker, { clock } from "../../../worker/bare/index.ts";
import { JobQueue } from "../../../worker/queue/object.ts";
import { Registry } from "../../../worker/registry/object.ts";
import { JobRelay } from "../../../worker/relay/object.ts";
import type { Counts } from "./counts.ts";

const counts: Counts = {
  ...{ workerRequests: 0, objectRequests: 0, socketMessages: 0, alarms: 0, alarmsSet: 0, alarmsArmed: 0 },
  ...{ rowsRead: 0, rowsWritten: 0, subrequests: 0, calls: {} },
};
/** A cursor knows its rows when it has been read to its end. */
const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
const metered = new WeakSet<object>();
/** Objects whose alarm is set. */
const armed = new Set<DurableObjectStorage>();

function note(call: string): void {
  counts.calls[call] = (counts.calls[call] ?? 0) + 1;
}

/** Handlers of messages are billed as a twentieth of a request, everything else as one. */
function meterHandlers(name: string, prototype: object): void {
  for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (method === "constructor" || typeof value !== "function") {
      continue;
    }
    const handler = function (this: unknown, ...given: unknown[]): unknown {
      note(`${name}.${method}`);
      counts.socketMessages += method === "webSocketMessage" ? 1 : 0;
      counts.alarms += method === "alarm" ? 1 : 0;
      counts.objectRequests += method.startsWith("webSocket") ? 0 : 1;
      meterStorage(this);
      if (method === "alarm") {
        armed.delete(storageOf(this));
      }
      return value.apply(this, given);
    };
    Object.defineProperty(prototype, method, { value: handler, configurable: true, writable: true });
  }
}

/** Once: all objects of a class of the platform share a prototype. */
function meterStorage(object: unknown): void {
  const storage = storageOf(object);
  const sql = Object.getPrototypeOf(storage.sql);
  if (metered.has(sql)) {
    return;
  }
  metered.add(sql);
  const { exec } = sql;
  sql.exec = function (this: SqlStorage, ...given: unknown[]) {
    const cursor = exec.apply(this, given);
    cursors.push(cursor);
    return cursor;
  };
  const prototype = Object.getPrototypeOf(storage);
  const { setAlarm } = prototype;
  prototype.setAlarm = function (this: DurableObjectStorage, ...given: unknown[]) {
    counts.alarmsSet += 1;
    armed.add(this);
    return setAlarm.apply(this, given);
  };
  const { deleteAlarm } = prototype;
  prototype.deleteAlarm = function (this: DurableObjectStorage) {
    armed.delete(this);
    return deleteAlarm.apply(this);
  };
}

/** Every object of ours has its context where the platform's class keeps it. */
function storageOf(object: unknown): DurableObjectStorage {
  return (object as { ctx: DurableObjectState }).ctx.storage;
}

function readCounts(): Counts {
  for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
    counts.rowsRead += rowsRead;
    counts.rowsWritten += rowsWritten;
  }
  // An alarm that is set is a row.
  return { ...counts, alarmsArmed: armed.size, rowsWritten: counts.rowsWritten + counts.alarmsSet };
}

meterHandlers("JobQueue", JobQueue.prototype);
meterHandlers("Registry", Registry.prototype);
meterHandlers("JobRelay", JobRelay.prototype);
const { fetch } = globalThis;
globalThis.fetch = (...given: Parameters<typeof fetch>) => {
  counts.subrequests += 1;
  return fetch(...given);
};

export { clock, JobQueue, JobRelay, Registry };

export default {
  async fetch(request, env, ctx): Promise<Response> {
    if (new URL(request.url).pathname === "/bench/counts") {
      return Response.json(readCounts());
    }
    counts.workerRequests += 1;
    return worker.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Parameters<typeof worker.fetch>[1]>;
