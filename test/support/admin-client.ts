/** The administrators' API, asked as an operator's script would. */

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

  async #ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }
}
