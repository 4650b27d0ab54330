/**
 * UCloud/Core on loopback, as far as a provider meets it: it calls the provider with its own token, headers and patience,
 * and serves the token exchange and the control API by the rules of a real one.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { quiet } from "../manual-clock.ts";
import { browse, shownJob } from "./browse.ts";
import { Catalogue } from "./catalogue.ts";
import { Faults } from "./faults.ts";
import { type Item, JobBook } from "./job-book.ts";
import { answer, hasNul, readJson } from "./json-bodies.ts";
import { Ledger } from "./ledger.ts";
import { type Claims, Tokens } from "./tokens.ts";

const PATIENCE_MS = 5_000;
const REPEATS = 5;
const REPEAT_AFTER_MS = 500;
/** Of the event loop: enough for what has come through two proxies in this process to be read. */
const TURNS = 10;

export const REFRESH_TOKEN = "0123456789abcdef".repeat(4);

const jobsSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      createdAt: z.number(),
      owner: z.object({ createdBy: z.string(), project: z.string().nullish() }),
      specification: z.object({ product: z.object({ id: z.string(), category: z.string() }) }),
    }),
  ),
});

const updatesSchema = z.object({
  items: z.array(z.object({ id: z.string(), update: z.looseObject({}) })),
});

export type Exchange = { status: number; body: unknown };

export class SimulatedUcloud {
  readonly book = new JobBook();
  readonly faults = new Faults();
  readonly ledger: Ledger;
  readonly catalogue: Catalogue;
  readonly tokens: Tokens;
  readonly providerId: string;
  /** The provider's address. */
  gatewayUrl = "";
  /** The older version has no checkExistence and answers 400 where today's answers 404. */
  era: "today" | "older" = "today";
  /** Those that it takes now. */
  readonly refreshTokens = new Set([REFRESH_TOKEN]);
  readonly #server: Server;

  private constructor(tokens: Tokens, providerId: string) {
    this.tokens = tokens;
    this.providerId = providerId;
    this.ledger = new Ledger({
      providerId,
      payerOf: (jobId) => this.book.jobs.get(jobId)?.owner,
      announce: () => this.book.announce(),
      violations: this.book.violations,
    });
    this.catalogue = new Catalogue({ providerId, violations: this.book.violations });
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(providerId: string): Promise<SimulatedUcloud> {
    const ucloud = new SimulatedUcloud(await Tokens.make(), providerId);
    ucloud.#server.listen(0, "127.0.0.1");
    await once(ucloud.#server, "listening");
    return ucloud;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** A user's create: `body` goes out as it is. Refused or late, the jobs are gone. */
  async create(body: string, claims: Claims = {}): Promise<Exchange> {
    const { items } = jobsSchema.parse(JSON.parse(body));
    const jobs = items.map(({ id, createdAt, owner, specification }) =>
      this.book.add({
        id,
        createdAt,
        owner: { createdBy: owner.createdBy, project: owner.project ?? null },
        product: specification.product,
      }),
    );
    const answer = await this.call("POST", "jobs", body, claims);
    this.#judgeAnswer(answer);
    for (const job of jobs) {
      if (answer.status === 200) {
        job.isStored = true;
      } else if (this.book.jobs.get(job.id) === job) {
        this.book.jobs.delete(job.id);
      }
    }
    return answer;
  }

  /** An id that the provider gives itself ends a real one when it was used before; a NUL always does. */
  #judgeAnswer({ status, body }: Exchange): void {
    const { data } = z.object({ responses: z.array(z.unknown()) }).safeParse(body);
    if (status === 200 && data?.responses.some((response) => response !== null)) {
      this.book.violations.push("an id of the provider's own in the answer to a create");
    }
    if (hasNul(body)) {
      this.book.violations.push("a NUL in the answer to a create");
    }
  }

  terminate(jobs: unknown[]): Promise<Exchange> {
    return this.call("POST", "jobs/terminate", JSON.stringify({ items: jobs }));
  }

  /** A call on behalf of a user: 449 and 503 are repeated. */
  async call(method: "GET" | "POST", path: string, body?: string, claims: Claims = {}): Promise<Exchange> {
    for (let repeat = 0; ; repeat++) {
      const answer = await this.#callOnce(method, path, body, claims);
      if ((answer.status !== 503 && answer.status !== 449) || repeat >= REPEATS) {
        return answer;
      }
      await this.#callOnce("POST", "integration/init", JSON.stringify({ username: "user" }), {});
      await new Promise((resolve) => setTimeout(resolve, REPEAT_AFTER_MS));
    }
  }

  async #callOnce(method: string, path: string, body: string | undefined, claims: Claims): Promise<Exchange> {
    try {
      const response = await fetch(`${this.gatewayUrl}/ucloud/${this.providerId}/${path}`, {
        method,
        // Bytes, because a text would bring a content type that UCloud does not send.
        ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          Authorization: `Bearer ${await this.tokens.core(claims)}`,
          "ucloud-username": Buffer.from("user").toString("base64"),
          "User-Agent": "Go-http-client/1.1",
        },
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return { status: 502, body: null };
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    if (hasNul(body)) {
      this.book.violations.push(`a NUL in ${pathname}`);
      response.destroy();
      return;
    }
    const fault = this.faults.next();
    if (fault?.is === "down") {
      response.destroy();
      return;
    }
    if (fault?.is === "status") {
      answer(response, fault.status, { why: "Trouble" });
      return;
    }
    const { status, body: result } = await this.#answer(request, pathname, searchParams, body);
    if (fault?.is === "answer-lost") {
      response.destroy();
      return;
    }
    if (fault?.is === "answer-held") {
      await this.faults.cleared();
    }
    answer(response, status, result);
  }

  async #answer(request: IncomingMessage, path: string, query: URLSearchParams, body: unknown): Promise<Exchange> {
    if (path === "/auth/providers/refresh") {
      return this.#refresh(body);
    }
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined || !(await this.tokens.isProviders(token, this.providerId))) {
      return { status: 403, body: { why: "Forbidden" } };
    }
    switch (path) {
      case "/api/jobs/control/update":
        return this.#update(body);
      case "/api/jobs/control/retrieve":
        return this.#retrieve(query.get("id") ?? "");
      case "/api/jobs/control/browse":
        return browse(this.book, query);
      case "/api/providers/resources/checkExistence":
        return this.era === "older" ? { status: 404, body: null } : this.#exist(body);
      default:
        return this.ledger.answer(path, body) ?? this.catalogue.answer(path, body) ?? { status: 404, body: null };
    }
  }

  async #refresh(body: unknown): Promise<Exchange> {
    const parsed = z.object({ items: z.array(z.object({ refreshToken: z.string() })).min(1) }).safeParse(body);
    if (!parsed.success || !this.refreshTokens.has(parsed.data.items[0]?.refreshToken ?? "")) {
      return { status: 401, body: { statusCode: 401, why: "Unauthorized" } };
    }
    const accessToken = await this.tokens.provider(this.providerId);
    return { status: 200, body: { responses: [{ accessToken, csrfToken: "" }] } };
  }

  async #update(body: unknown): Promise<Exchange> {
    // A create's answer that came before may lie unread in another socket, however long this process was kept from it.
    await quiet(TURNS);
    const parsed = updatesSchema.safeParse(body);
    if (!parsed.success) {
      this.book.violations.push("an update that it cannot read");
      return { status: 400, body: { why: "Bad request" } };
    }
    const { status, why } = this.book.apply(parsed.data.items as Item[]);
    return { status: status === 404 && this.era === "older" ? 400 : status, body: why === undefined ? {} : { why } };
  }

  #retrieve(id: string): Exchange {
    const job = this.book.jobs.get(id);
    if (job === undefined) {
      return { status: this.era === "older" ? 404 : 403, body: { why: "Write permission is required" } };
    }
    return { status: 200, body: shownJob(job) };
  }

  #exist(body: unknown): Exchange {
    const { items } = z.object({ items: z.array(z.object({ type: z.literal("job"), id: z.string() })) }).parse(body);
    return { status: 200, body: { responses: items.map(({ id }) => this.book.jobs.get(id)?.isStored === true) } };
  }
}
