/** One HTTP exchange with UCloud: a deadline, a bounded answer, and no exception. */

export type Question = { method: "GET" | "POST"; path: string; body?: unknown; token?: string };
/**
 * `status` is null without an HTTP answer; `body` is undefined when it was no JSON or too long. `isForeign`: a text that
 * UCloud does not write, such as a proxy's page while UCloud is down.
 */
export type Answer = { status: number | null; body?: unknown; isForeign: boolean };
export type Asker = (question: Question) => Promise<Answer>;

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;
/** One job as UCloud shows it has about 12 KB. */
const MAX_ANSWER_CHARS = 1024 * 1024;

export function createAsker(ucloudUrl: string, fetch: Fetch): Asker {
  return async ({ method, path, body, token }) => {
    const deadline = new AbortController();
    // Ended with the answer: a timer that goes on, as one of `AbortSignal.timeout`, keeps the object from hibernating.
    const timer = setTimeout(() => deadline.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(`${ucloudUrl}${path}`, {
        method,
        redirect: "manual",
        signal: deadline.signal,
        headers: {
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed = parse(text);
      return { status: response.status, body: parsed, isForeign: parsed === undefined && text.trim() !== "" };
    } catch {
      return { status: null, isForeign: false };
    } finally {
      clearTimeout(timer);
    }
  };
}

function parse(text: string): unknown {
  if (text.length > MAX_ANSWER_CHARS) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
