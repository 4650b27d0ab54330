/** One HTTP exchange with UCloud: a deadline, a bounded answer, and no exception. */

export type Question = { method: "GET" | "POST"; path: string; body?: unknown; token?: string };
/** `status` is null without an HTTP answer; `body` is undefined when it was no JSON or too long. */
export type Answer = { status: number | null; body?: unknown };
export type Asker = (question: Question) => Promise<Answer>;

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 10_000;
/** One job as UCloud shows it has about 12 KB. */
const MAX_ANSWER_CHARS = 1024 * 1024;

export function createAsker(ucloudUrl: string, fetch: Fetch): Asker {
  return async ({ method, path, body, token }) => {
    try {
      const response = await fetch(`${ucloudUrl}${path}`, {
        method,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: parse(await response.text()) };
    } catch {
      return { status: null };
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
