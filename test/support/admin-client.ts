/** The administrators' API, asked as an operator's script would. */
import * as z from "zod";

const runnersSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      connected: z.boolean(),
      capacity: z.object({ closed: z.unknown() }).nullable(),
    }),
  ),
});
const undeliveredSchema = z.object({ items: z.array(z.unknown()) });

export class AdminClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    return this.#ask("GET", path);
  }

  async post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return this.#ask("POST", path, body);
  }

  /** A one-time code for a runner of this name. */
  async enrollmentCode(name: string, categories: string[]): Promise<string> {
    const { status, body } = await this.post("/admin/enrollments", { name, categories });
    if (status !== 201 || typeof body !== "object" || body === null || !("code" in body)) {
      throw new Error(`no code: ${status} ${JSON.stringify(body)}`);
    }
    return String(body.code);
  }

  /** Of the runner with this name. */
  async runnerId(name: string): Promise<string> {
    const { body } = await this.get("/admin/runners");
    const { items } = runnersSchema.parse(body);
    const id = items.find((runner) => runner.name === name)?.id;
    if (id === undefined) {
      throw new Error(`no runner is called ${name}`);
    }
    return id;
  }

  /** True when every runner that is connected takes jobs. */
  async areAllOpen(): Promise<boolean> {
    const { body } = await this.get("/admin/runners");
    const connected = runnersSchema.parse(body).items.filter((runner) => runner.connected);
    return connected.every(({ capacity }) => capacity !== null && capacity.closed === null);
  }

  /** True when UCloud has been told everything that it was to be told. */
  async isAllTold(): Promise<boolean> {
    const { body } = await this.get("/admin/undelivered");
    return undeliveredSchema.parse(body).items.length === 0;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }
}
