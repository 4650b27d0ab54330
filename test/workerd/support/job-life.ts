/** The steps of a job's life as its runner goes through them, and what the administrator sees after each. */
import { expect, vi } from "vitest";
import * as z from "zod";
import type { Ref } from "../../../shared/ids.ts";
import { type Fact, factKey } from "../../../shared/protocol.ts";
import { JobQueue } from "../../../worker/index.ts";
import { callAsAdmin, callAsCore } from "./gateway.ts";
import { aJob, bulk, type Changes } from "./requests.ts";
import type { RunnerLine } from "./runner-line.ts";

const OFTEN = { interval: 5, timeout: 4_000 };

export const STARTED: Extract<Fact, { kind: "started" }> = { kind: "started", agoMs: 0, imageDigest: null };

export function exited(changes: Partial<Extract<Fact, { kind: "exited" }>> = {}): Fact {
  return {
    kind: "exited",
    cause: "exit",
    reason: null,
    exitCode: 0,
    oom: false,
    ranMs: 1_000,
    agoMs: 0,
    tail: null,
    ...changes,
  };
}

/** Creates the job as UCloud does, takes its answer to the last byte, and waits until the queue has heard of that. */
export async function createJob(changes: Changes = {}): Promise<void> {
  const job = aJob(changes);
  const response = await callAsCore("/jobs", bulk(job));
  // A late word about an earlier test's job of the same id counts only once this one is stored.
  const answered = vi.spyOn(JobQueue.prototype, "answered").mockClear();
  expect(await response.text()).toBe('{"responses":[null]}');
  const told = () =>
    expect(answered).toHaveBeenCalledWith(expect.arrayContaining([expect.objectContaining(identitySchema.parse(job))]));
  await vi.waitFor(told, OFTEN);
}

const identitySchema = z.object({ id: z.string(), createdAt: z.number() });

const detailSchema = z.looseObject({ state: z.string(), told: z.string().nullable() });

export async function shownJob(id = "54112"): Promise<z.infer<typeof detailSchema>> {
  return detailSchema.parse(await (await callAsAdmin(`/jobs/${id}`)).json());
}

/** A frame that is not answered has arrived when the job is seen to have moved. */
export async function untilState(state: string, id?: string): Promise<void> {
  await vi.waitFor(async () => expect((await shownJob(id)).state).toBe(state), OFTEN);
}

export async function takeOffer(line: RunnerLine): Promise<Ref> {
  return (await line.next("offer")).ref;
}

/** From an offer to a running program. */
export async function startOffered(line: RunnerLine): Promise<Ref> {
  const ref = await takeOffer(line);
  line.send({ type: "accept", ref, ready: true });
  expect((await line.next("go")).ref).toEqual(ref);
  await tellFact(line, ref, STARTED);
  return ref;
}

/** Says it and waits for its acknowledgement. */
export async function tellFact(line: RunnerLine, ref: Ref, fact: Fact): Promise<void> {
  line.send({ type: "fact", ref, fact });
  expect(await line.next("ack")).toEqual({ type: "ack", ref, ...factKey(fact) });
}
