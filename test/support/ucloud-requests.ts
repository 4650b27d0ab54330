/** Requests of UCloud as they were recorded (test/data), and copies of them with one thing changed. */
import { readFileSync } from "node:fs";

export type RecordedRequest =
  | "create-request.json"
  | "create-request-today.json"
  | "create-request-v1-app.json"
  | "create-request-jinja-app.json";

export function recordedRequest(name: RecordedRequest): unknown {
  return JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8"));
}

/** The only job of a recorded create. */
export function recordedJob(name: RecordedRequest = "create-request.json"): unknown {
  const body = recordedRequest(name);
  if (!isRecord(body) || !Array.isArray(body.items)) {
    throw new Error(`${name} is not a bulk request`);
  }
  return body.items[0];
}

/** A copy with another value at a path such as `specification.parameters.debug.value`; undefined removes the key. */
export function withField(item: unknown, path: string, value: unknown): unknown {
  return changed(item, path.split("."), value);
}

export function withFields(item: unknown, fields: Record<string, unknown>): unknown {
  return Object.entries(fields).reduce((copy, [path, value]) => withField(copy, path, value), item);
}

function changed(node: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) {
    return value;
  }
  if (Array.isArray(node)) {
    return node.map((entry, index) => (String(index) === key ? changed(entry, rest, value) : entry));
  }
  const record = isRecord(node) ? node : {};
  const next = changed(record[key], rest, value);
  return Object.fromEntries(Object.entries({ ...record, [key]: next }).filter(([, entry]) => entry !== undefined));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
