/**
 * The admin API with one token, which lives in this object and nowhere else: not in storage, not in an address. Whoever
 * reloads or closes the page has logged out.
 */

/** `unauthorized`: the token is no good any more. `refused`: the gateway said no, in a sentence of its own. */
export type Trouble = "unauthorized" | "unreachable" | "refused";

export class AskError extends Error {
  override name = "AskError";
  readonly trouble: Trouble;

  constructor(trouble: Trouble, words: string) {
    super(words);
    this.trouble = trouble;
  }
}

const PATIENCE_MS = 30_000;
const UNREACHABLE = "The gateway does not answer. Check this machine's connection; it is asked again by itself.";

export class Gateway {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** The answer is the gateway's own, of the type that its route has. */
  async get<T>(path: string): Promise<T> {
    return (await this.#ask("GET", path)) as T;
  }

  async post<T>(path: string, body: object): Promise<T> {
    return (await this.#ask("POST", path, JSON.stringify(body))) as T;
  }

  async #ask(method: string, path: string, body: string | null = null): Promise<unknown> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`/admin${path}`, {
        ...{ method, body, cache: "no-store", credentials: "omit", redirect: "error" },
        headers: { Authorization: `Bearer ${this.#token}` },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      answer = await response.json();
    } catch {
      throw new AskError("unreachable", UNREACHABLE);
    }
    if (response.status === 401) {
      throw new AskError("unauthorized", "The gateway does not know this token.");
    }
    if (!response.ok) {
      throw new AskError("refused", whyOf(answer) ?? `The gateway answered ${response.status}.`);
    }
    return answer;
  }
}

function whyOf(answer: unknown): string | null {
  return typeof answer === "object" && answer !== null && "why" in answer ? String(answer.why) : null;
}

export function troubleOf(error: unknown): AskError {
  return error instanceof AskError
    ? error
    : new AskError("refused", "The page has met something unexpected: reload it.");
}
