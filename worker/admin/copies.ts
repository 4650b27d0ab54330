/**
 * `GET /admin/export` and `POST /admin/import`: the gateway's open jobs and its runners, page by page, into another one
 * that is empty. Queues come first, so that no runner connects before its jobs are there. What a job's user wrote is in
 * it, so both are for owners, and both are in the audit.
 */
import * as z from "zod/mini";
import { INCARNATION, JOB_ID, NAME } from "../../shared/ids.ts";
import { matching } from "../../shared/schema.ts";
import { readBody } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import type { CopyPlace, Pasted } from "../queue/api.ts";
import { jobCopySchema, usedSchema } from "../queue/job-schema.ts";
import { queueOf, registryOf } from "../queue/stub.ts";
import { runnerCopySchema } from "../registry/copy.ts";
import { auditWrite } from "./audit.ts";
import type { AdminCall } from "./call.ts";
import { knownCategories } from "./categories.ts";

const FORMAT = 1;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_ITEMS = 20_000;

const category = matching(NAME);
const itemSchema = z.discriminatedUnion("kind", [
  z.extend(jobCopySchema, { kind: z.literal("job"), category }),
  z.strictObject({ kind: z.literal("use"), category, use: usedSchema }),
  z.strictObject({ kind: z.literal("category"), name: category }),
  z.strictObject({ kind: z.literal("runner"), runner: runnerCopySchema }),
]);
type Item = z.infer<typeof itemSchema>;

const pageSchema = z.strictObject({
  format: z.literal(FORMAT, "This gateway reads copies of the format 1."),
  at: z.int(),
  items: z.array(itemSchema).check(z.maxLength(MAX_ITEMS)),
  next: z.nullable(z.string()),
});

/** `next` leads to the page after this one; null: that was all. */
export async function exportCopy(request: Request, call: AdminCall): Promise<Response> {
  const place = new URL(request.url).searchParams.get("next");
  const { items, next } = await pageAt(place, call);
  if (place === null) {
    await auditWrite(call, "export", 200);
  }
  const head = JSON.stringify({ format: FORMAT, at: Date.now(), next });
  return new Response(`${head.slice(0, -1)},"items":[${items.join(",\n")}]}\n`, {
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}

type Page = { items: string[]; next: string | null };

async function pageAt(place: string | null, call: AdminCall): Promise<Page> {
  const [part = "", ...rest] = (place ?? "").split("/");
  if (part === "runners") {
    return runnersPage(rest[0] ?? "", call);
  }
  const categories = await knownCategories(call);
  const index = place === null ? 0 : categories.indexOf(rest[0] ?? "");
  const current = categories[index];
  if (current === undefined) {
    if (place === null) {
      return runnersPage("", call);
    }
    throw new GatewayError("bad_request", "next: This is not what an earlier page gave.");
  }
  const { items, next } = await queueOf(call.env, current).copy(place === null ? null : placeOf(part, rest));
  return { items, next: next === null ? startOf(categories[index + 1]) : nameOf(current, next) };
}

const startOf = (category: string | undefined) => (category === undefined ? "runners" : `jobs/${category}`);
const nameOf = (category: string, { part, id, incarnation }: CopyPlace) =>
  [part, category, ...(id === "" ? [] : [id, incarnation])].join("/");

function placeOf(part: string, [, id, incarnation]: string[]): CopyPlace {
  const isKey = id === undefined || (JOB_ID.test(id) && INCARNATION.test(incarnation ?? ""));
  if ((part !== "jobs" && part !== "uses") || !isKey) {
    throw new GatewayError("bad_request", "next: This is not what an earlier page gave.");
  }
  return { part, id: id ?? "", incarnation: incarnation ?? "" };
}

async function runnersPage(after: string, { env }: AdminCall): Promise<Page> {
  const { runners, categories, next } = await registryOf(env).copy(after);
  const items: Item[] = [
    ...runners.map((runner) => ({ kind: "runner" as const, runner })),
    ...categories.map((name) => ({ kind: "category" as const, name })),
  ];
  return { items: items.map((item) => JSON.stringify(item)), next: next === null ? null : `runners/${next}` };
}

/** A page as it was exported. What is there already stays as it is. */
export async function importCopy(request: Request, call: AdminCall): Promise<Response> {
  const { items } = await readBody(request, pageSchema, MAX_BODY_BYTES);
  const pasted: Pasted[] = [];
  for (const name of new Set(items.flatMap((item) => ("category" in item ? [item.category] : [])))) {
    pasted.push(await pasteQueue(name, items, call));
  }
  pasted.push(await pasteRegistry(items, call));
  const sum = (key: keyof Pasted) => pasted.reduce((total, one) => total + one[key], 0);
  return Response.json({ taken: sum("taken"), known: sum("known") });
}

async function pasteQueue(name: string, items: Item[], { env, by }: AdminCall): Promise<Pasted> {
  const jobs = items.flatMap((item) =>
    item.kind === "job" && item.category === name ? [{ job: item.job, plan: item.plan }] : [],
  );
  const uses = items.flatMap((item) => (item.kind === "use" && item.category === name ? [item.use] : []));
  const pasted = await queueOf(env, name).paste({ jobs, uses }, by.name);
  if (pasted === null) {
    throw new GatewayError("conflict", `The queue ${name} has jobs of its own and is not paused: pause it first.`);
  }
  return pasted;
}

async function pasteRegistry(items: Item[], { env }: AdminCall): Promise<Pasted> {
  const runners = items.flatMap((item) => (item.kind === "runner" ? [item.runner] : []));
  const categories = items.flatMap((item) => (item.kind === "category" ? [item.name] : []));
  const pasted = await registryOf(env).paste({ runners, categories });
  if ("nameOf" in pasted) {
    throw new GatewayError("conflict", `Another runner has the name of ${pasted.nameOf}: remove it first.`);
  }
  return pasted;
}
