/** Creates as UCloud posts them: the recorded request, each with an id of its own, over kept connections. */
import { Agent, request } from "node:http";
import { aBatchJob, type BatchJob, ucloudJob } from "../support/batch-job.ts";
import { PROVIDER_ID } from "../support/site.ts";
import { recordedJob, withFields } from "../support/ucloud-requests.ts";

let lastId = 1_000_000;

/** The seed's job with a fresh id, in a workspace of its own where one is named. */
export function aRecordedJob(workspace?: string): unknown {
  lastId += 1;
  const fields = { id: String(lastId), createdAt: Date.now(), ...(workspace ? { "owner.project": workspace } : {}) };
  return withFields(recordedJob(), fields);
}

export function bulkBody(...jobs: unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ items: jobs }));
}

/** One of the test image's programs that ends at once. */
export function aNoOp(change: Partial<BatchJob> = {}): BatchJob {
  return aBatchJob({ argv: ["true"], ...change });
}

export function bodyOf(...jobs: BatchJob[]): Buffer {
  return bulkBody(...jobs.map(ucloudJob));
}

export class Poster {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #headers: Record<string, string>;

  /** Without a token it is nobody, as at the floor. */
  constructor(url: string, token: string | null, atOnce: number) {
    this.#url = `${url}/ucloud/${PROVIDER_ID}/jobs`;
    this.#agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    this.#headers = {
      "user-agent": "Go-http-client/1.1",
      "ucloud-username": Buffer.from("user").toString("base64"),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** Resolves with the answer's last byte, in ms since the call. */
  post(body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const startMs = performance.now();
      const headers = { ...this.#headers, "content-length": body.length };
      const call = request(this.#url, { method: "POST", agent: this.#agent, headers }, (answer) => {
        answer.resume();
        answer.on("end", () => {
          if (answer.statusCode === 200) {
            resolve(performance.now() - startMs);
          } else {
            reject(new Error(`the create was answered ${answer.statusCode}`));
          }
        });
      });
      // A kept connection that the server has just closed: a create may be sent twice.
      call.on("error", (error) => (call.reusedSocket ? this.post(body).then(resolve, reject) : reject(error)));
      call.end(body);
    });
  }

  /** All of them, `atOnce` under way at any time. */
  async postAll(bodies: readonly Buffer[], atOnce: number): Promise<void> {
    const rest = bodies.values();
    const postRest = async (): Promise<void> => {
      for (const body of rest) {
        await this.post(body);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, postRest));
  }

  close(): void {
    this.#agent.destroy();
  }
}
