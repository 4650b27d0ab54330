/** `GET /admin/export` into `POST /admin/import`: an empty gateway takes over the jobs and the runners of a lost one. */
import { reset } from "cloudflare:test";
import { expect, test } from "vitest";
import * as z from "zod";
import { tellUcloud } from "../support/alarms.ts";
import { callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { createJob, exited, shownJob, startOffered, tellFact } from "../support/job-life.ts";
import { storedJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, anEnrolmentCode, anOpenLine, aWelcomedLine, type Runner } from "../support/runner-client.ts";
import { RETRIEVE, startUcloud } from "../support/ucloud-stand-in.ts";

const pageSchema = z.looseObject({ items: z.array(z.looseObject({ kind: z.string() })), next: z.string().nullable() });
type Page = z.infer<typeof pageSchema>;

async function exported(): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next: string | null = ""; next !== null; next = pages.at(-1)?.next ?? null) {
    const response = await callAsAdmin(`/export${next === "" ? "" : `?next=${encodeURIComponent(next)}`}`);
    expect(response.status).toBe(200);
    pages.push(pageSchema.parse(await response.json()));
  }
  return pages;
}

async function imported(pages: unknown[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const page of pages) {
    const response = await callAsAdmin("/import", page);
    expect(response.status).toBe(200);
    answers.push(await response.json());
  }
  return answers;
}

const resume = () => callAsAdmin("/queues/example-compute/resume", "");
const RUNNING = "54112";
const WAITING = "54113";

/** One job runs on `runner`, another one waits for room. */
async function aWorkingGateway(): Promise<{ runner: Runner; ref: Awaited<ReturnType<typeof startOffered>> }> {
  const runner = await anEnrolledRunner();
  const line = await anOpenLine(runner);
  const total = { cpu: 1, memoryBytes: 2 * 2 ** 30, gpu: 0 };
  await line.sayHello({ capacity: { total, gpuKind: null, closed: null } });
  await line.next("welcome");
  await createJob();
  const ref = await startOffered(line);
  await createJob({ id: WAITING });
  await tellUcloud();
  line.close();
  return { runner, ref };
}

test("running jobs go on and end once, waiting ones start after resume, and no runner enrols again", async () => {
  const ucloud = startUcloud();
  const { runner, ref } = await aWorkingGateway();
  const pages = await exported();
  await reset();
  ucloud.answer(RETRIEVE, ({ query }) => Response.json(shownAs(query.get("id") ?? "")));

  await imported(pages);
  const line = await anOpenLine(runner);
  await line.sayHello({ inventory: [{ ref, phase: "running" }] });
  const { verdicts } = await line.next("welcome");
  expect(verdicts).toMatchObject([{ ref, verdict: "keep" }]);
  await tellUcloud();
  const before = ucloud.told(RUNNING).length;
  await tellFact(line, ref, exited());
  await tellUcloud();

  expect(ucloud.told(RUNNING).slice(before)).toMatchObject([{ state: "SUCCESS" }]);
  expect(await shownJob(WAITING)).toMatchObject({ state: "queued", waitsFor: expect.stringContaining("paused") });
  expect((await resume()).status).toBe(200);
  const started = await startOffered(line);
  expect(started).toMatchObject({ job: WAITING, attempt: 1 });
  const plans = await storedJobs();
  expect(plans.find(({ id }) => id === WAITING)?.plan).not.toBeNull();
});

function shownAs(id: string) {
  const state = id === RUNNING ? "RUNNING" : "IN_QUEUE";
  return aJob({ id, "status.state": state, "status.startedAt": 1_700_000_000_000 });
}

test("a page that comes twice changes nothing more", async () => {
  startUcloud();
  await aWorkingGateway();
  const pages = await exported();
  await reset();

  const first = await imported(pages);
  const rows = await storedJobs();
  const second = await imported(pages);

  const sum = (answers: unknown[], key: string) =>
    z
      .array(z.record(z.string(), z.number()))
      .parse(answers)
      .reduce((total, one) => total + (one[key] ?? 0), 0);
  expect([sum(first, "taken"), sum(first, "known")]).toEqual([3, 0]);
  expect([sum(second, "taken"), sum(second, "known")]).toEqual([0, 3]);
  expect(await storedJobs()).toEqual(rows);
});

test("it has the jobs' users' words for whoever gets it, and nothing that opens a door", async () => {
  startUcloud();
  const { runner } = await aWorkingGateway();
  const code = await anEnrolmentCode({ name: "not-yet" });
  const text = JSON.stringify(await exported());

  expect(text).toContain(runner.key.publicKey);
  for (const secret of [code, "first-admin-token", "test-refresh-token", "provider-access-token", "hash"]) {
    expect(text).not.toContain(secret);
  }
  const { items } = z.object({ items: z.array(z.unknown()) }).parse(await (await callAsAdmin("/audit")).json());
  expect(items).toContainEqual(expect.objectContaining({ name: "admin", verb: "export", outcome: 200 }));
});

test("what is over and told is no part of it", async () => {
  startUcloud();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  await tellFact(line, await startOffered(line), exited());
  await tellUcloud();

  const kinds = (await exported()).flatMap(({ items }) => items.map(({ kind }) => kind));
  expect(kinds.toSorted()).toEqual(["category", "runner", "use"]);
});

test("revocations and drains come along", async () => {
  startUcloud();
  const revoked = await anEnrolledRunner({ name: "stolen" });
  const drained = await anEnrolledRunner({ name: "drained" });
  await callAsAdmin(`/runners/${revoked.id}/revoke`, { reason: "stolen" });
  await callAsAdmin(`/runners/${drained.id}/drain`, { reason: "new disks" });
  const pages = await exported();
  await reset();
  await imported(pages);

  const { items } = z.object({ items: z.array(z.unknown()) }).parse(await (await callAsAdmin("/runners")).json());
  expect(items).toMatchObject([
    { id: drained.id, drained: { reason: "new disks" }, revoked: false },
    { id: revoked.id, revoked: true },
  ]);
  const line = await anOpenLine(drained);
  await line.sayHello();
  expect(await line.next("welcome")).toMatchObject({ drained: { reason: "by the site: new disks" } });
});

test("a queue with jobs of its own is not written over unless it is paused", async () => {
  startUcloud();
  await aWorkingGateway();
  const pages = await exported();
  expect(await expectError(await callAsAdmin("/import", pages[0]), 409, "CONFLICT")).toContain("example-compute");
  await callAsAdmin("/queues/example-compute/pause", "");
  await imported(pages);
});

test("a name that another runner has is refused, and nothing is pasted of that page", async () => {
  startUcloud();
  const { id } = await anEnrolledRunner();
  const pages = await exported();
  await reset();
  await anEnrolledRunner();
  expect(await expectError(await callAsAdmin("/import", pages.at(-1)), 409)).toContain(id);
});

test("jobs of several categories fill several pages", async () => {
  startUcloud();
  const big = "x".repeat(100_000);
  const jobs = Array.from({ length: 15 }, (_, index) =>
    aJob({ id: `${9000 + index}`, "specification.parameters.value.value": big }),
  );
  expect((await callAsCore("/jobs", bulk(...jobs, anotherCategorysJob({ id: "1" })))).status).toBe(200);
  const pages = await exported();
  const counts = pages.map(({ items }) => items.filter(({ kind }) => kind === "job").length);
  expect(counts.reduce((total, count) => total + count, 0)).toBe(16);
  expect(Math.max(...pages.map((page) => JSON.stringify(page).length))).toBeLessThan(1_400_000);
  await reset();
  await imported(pages);
  expect(await storedJobs()).toHaveLength(15);
  expect(await storedJobs("other-compute")).toHaveLength(1);
});

test.each([
  ["a field of a job", { job: { terms: { wallMs: "long" } } }, "items[0].job.terms.wallMs: "],
  ["a field that nobody knows", { job: { sealed: true } }, "items[0].job.sealed: This field is not known here."],
  ["a state", { job: { place: { state: "lost" } } }, "items[0].job.place"],
  ["a plan", { plan: { image: "" } }, "items[0].plan.image: "],
])("%s that is wrong is named", async (_name, change, sentence) => {
  startUcloud();
  await createJob();
  const [page] = await exported();
  const items = [merged(page?.items[0], change)];
  expect(await expectError(await callAsAdmin("/import", { ...page, items }), 400, "BAD_REQUEST")).toContain(sentence);
});

function merged(base: unknown, change: unknown): unknown {
  const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (!isRecord(base) || !isRecord(change)) {
    return change;
  }
  return {
    ...base,
    ...Object.fromEntries(Object.entries(change).map(([key, value]) => [key, merged(base[key], value)])),
  };
}

test.each(["elsewhere/x", "jobs/nobody", "jobs/example-compute/..", "uses/example-compute/1/2"])(
  "«%s» is no place to go on from",
  async (next) => {
    const response = await callAsAdmin(`/export?next=${encodeURIComponent(next)}`);
    expect(await expectError(response, 400)).toContain("next: ");
  },
);

test.each([
  ["another format", { format: 2 }, "format: This gateway reads copies of the format 1."],
  ["no items", { items: null }, "items: "],
])("%s is refused", async (_name, change, sentence) => {
  const page = { format: 1, at: 1, next: null, items: [], ...change };
  expect(await expectError(await callAsAdmin("/import", page), 400)).toContain(sentence);
});
