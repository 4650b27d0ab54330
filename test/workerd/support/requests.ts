/** Requests of UCloud as they were recorded, byte for byte, and jobs of them with something changed. */
import seed from "../../data/create-request.json?raw";
import jinja from "../../data/create-request-jinja-app.json?raw";
import today from "../../data/create-request-today.json?raw";
import v1 from "../../data/create-request-v1-app.json?raw";

export const RECORDED = { seed, today, v1, jinja };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

/** Values at paths such as `specification.product.id`; undefined removes the key. */
export type Changes = Record<string, Json | undefined>;

export function aJob(changes: Changes = {}, recorded: keyof typeof RECORDED = "seed"): Json {
  return Object.entries(changes).reduce(
    (job, [path, value]) => withField(job, path.split("."), value),
    JSON.parse(RECORDED[recorded]).items[0],
  );
}

/** A job of the other category. */
export function anotherCategorysJob(changes: Changes = {}): Json {
  const product = { id: "other-compute-1", category: "other-compute", provider: "ucloud" };
  return aJob({ "specification.product": product, ...changes });
}

export function bulk(...items: unknown[]): { items: unknown[] } {
  return { items };
}

function withField(node: Json, [key, ...rest]: string[], value: Json | undefined): Json {
  if (key === undefined) {
    return value ?? null;
  }
  if (Array.isArray(node)) {
    return node.map((entry, index) => (String(index) === key ? withField(entry, rest, value) : entry));
  }
  const record = typeof node === "object" && node !== null ? node : {};
  if (rest.length === 0) {
    return { ...record, [key]: value };
  }
  return { ...record, [key]: withField(record[key] ?? null, rest, value) };
}
