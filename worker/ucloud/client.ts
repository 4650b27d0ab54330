/**
 * UCloud's control API, of today's and the older version. Nothing throws: whoever asks stands in an alarm and decides by
 * the answer.
 */
import * as z from "zod/mini";
import { MAX_PATH_CHARS } from "../../shared/invocation/drive-path.ts";
import { cleanText } from "../../shared/text.ts";
import { AccessToken } from "./access-token.ts";
import { type AccountingApi, accountingOver } from "./accounting.ts";
import { type Answer, createAsker, type Fetch, type Question } from "./asker.ts";
import type { ControlApi, ExistsAnswer, JobUpdate, RetrieveAnswer, UpdateAnswer } from "./control.ts";
import { coreJobSchema, openJobsOver, toCoreJob } from "./open-jobs.ts";

type Options = { ucloudUrl: string; refreshTokens: string[]; fetch: Fetch; now: () => number };

const existsSchema = z.object({ responses: z.array(z.boolean()) });
type Failed = Extract<UpdateAnswer, { kind: "unavailable" | "refresh-refused" }>;
type Reached = { kind: "answered"; answer: Answer } | Failed;
/** One exchange as the provider, with an access token that is renewed when UCloud takes it no more. */
export type Ask = (question: Question) => Promise<Reached>;

/** `status` and `body` as UCloud sent them. */
export type RegisterAnswer = { kind: "answered"; status: number; body?: unknown } | Failed;
/** Outside the life of jobs. */
type ProductsApi = { register(products: object[]): Promise<RegisterAnswer> };

export function createUcloudClient({
  ucloudUrl,
  refreshTokens,
  fetch,
  now,
}: Options): ControlApi & ProductsApi & AccountingApi {
  const ask = createAsker(ucloudUrl, fetch);
  const access = new AccessToken({ ask, refreshTokens, nowMs: now });

  /** 403 is also UCloud's word for a token that is too old, so it is believed only of a fresh one. */
  async function askAsProvider(question: Question): Promise<Reached> {
    for (let tries = 0; ; tries++) {
      const given = await access.get();
      if (given.kind !== "ok") {
        return given;
      }
      const answer = await ask({ ...question, token: given.token });
      const isMaybeStale = answer.status === 401 || answer.status === 403;
      if (!isMaybeStale || tries > 0 || !access.distrust(given.token)) {
        return { kind: "answered", answer };
      }
    }
  }

  async function update(items: { id: string; update: JobUpdate }[]): Promise<UpdateAnswer> {
    const body = { items: items.map(({ id, update: one }) => ({ id, update: cleaned(one) })) };
    const reached = await askAsProvider({ method: "POST", path: "/api/jobs/control/update", body });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { status, isForeign } = reached.answer;
    if (isForeign) {
      return { kind: "unavailable", status };
    }
    if (status === 200) {
      return { kind: "ok" };
    }
    return status === 400 || status === 404 ? { kind: "rejected", status } : { kind: "unavailable", status };
  }

  async function exists(ids: string[]): Promise<ExistsAnswer> {
    const body = { items: ids.map((id) => ({ type: "job", id })) };
    const reached = await askAsProvider({ method: "POST", path: "/api/providers/resources/checkExistence", body });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { answer } = reached;
    const parsed = existsSchema.safeParse(answer.body);
    if (answer.status === 200 && parsed.success && parsed.data.responses.length === ids.length) {
      return { kind: "ok", exists: parsed.data.responses };
    }
    // The older version has no such call.
    return answer.status === 404 && ids.length === 1
      ? existsByRetrieve(ids)
      : { kind: "unavailable", status: answer.status };
  }

  async function existsByRetrieve(ids: string[]): Promise<ExistsAnswer> {
    const known: boolean[] = [];
    for (const id of ids) {
      const answer = await retrieveOnce(id);
      if (answer.kind !== "ok" && answer.kind !== "absent") {
        return answer;
      }
      known.push(answer.kind === "ok");
    }
    return { kind: "ok", exists: known };
  }

  /** A 403 stands for an unknown job and for trouble with our rights: then the other call decides. */
  async function retrieve(id: string): Promise<RetrieveAnswer> {
    const answer = await retrieveOnce(id);
    if (answer.kind !== "unavailable" || answer.status !== 403) {
      return answer;
    }
    const known = await exists([id]);
    if (known.kind !== "ok") {
      return known;
    }
    return known.exists[0] ? answer : { kind: "absent" };
  }

  async function retrieveOnce(id: string): Promise<RetrieveAnswer> {
    const path = `/api/jobs/control/retrieve?id=${encodeURIComponent(id)}`;
    const reached = await askAsProvider({ method: "GET", path });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { status, body, isForeign } = reached.answer;
    const parsed = coreJobSchema.safeParse(body);
    if (status === 200 && parsed.success) {
      return { kind: "ok", job: toCoreJob(parsed.data) };
    }
    return status === 404 && !isForeign ? { kind: "absent" } : { kind: "unavailable", status };
  }

  async function register(products: object[]): Promise<RegisterAnswer> {
    const reached = await askAsProvider({ method: "POST", path: "/api/products/v2", body: { items: products } });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { status, body } = reached.answer;
    return status === null ? { kind: "unavailable", status } : { kind: "answered", status, body };
  }

  return {
    update,
    exists,
    retrieve,
    register,
    ...accountingOver(askAsProvider),
    ...openJobsOver(askAsProvider),
    warmUp: async () => void (await access.get()),
  };
}

/** Whatever goes to UCloud as text is clean: a single NUL was seen to end its whole process. */
function cleaned(update: JobUpdate): JobUpdate {
  const { status, outputFolder } = update;
  return {
    ...update,
    ...(status === undefined ? {} : { status: cleanText(status) }),
    ...(outputFolder === undefined ? {} : { outputFolder: cleanText(outputFolder, MAX_PATH_CHARS) }),
  };
}
