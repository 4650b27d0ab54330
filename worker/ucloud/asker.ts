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
const MAX_ANSWER_BYTES = 1024 * 1024;

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
      const text = await boundedText(response);
      const parsed = text === null ? undefined : parse(text);
      return { status: response.status, body: parsed, isForeign: parsed === undefined && text?.trim() !== "" };
    } catch {
      return { status: null, isForeign: false };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Null: too long. The rest of it is not waited for: an object's memory is small, and others wait for the alarm. */
async function boundedText({ body }: Response): Promise<string | null> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
