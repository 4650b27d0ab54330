/** What the runner asks its gateway outside of a line. The key signs it, where there is a key that the gateway knows. */
import * as z from "zod/mini";
import type { SignedCall } from "../shared/proof.ts";
import { retryAfterMs } from "./dialling.ts";
import { askGateway, type GatewayAnswer } from "./gateway-request.ts";
import { callToken } from "./upgrade-token.ts";
import { UsageError } from "./usage-error.ts";
import { troubleOf } from "./way-trouble.ts";

const TIMEOUT_MS = 15_000;
/** Many machines that are set up at one time come from one address. */
const MAX_TRIES = 10;

const refusalSchema = z.object({ why: z.string() });

/** `status` null: the gateway does not answer. `isFinal`: it was the gateway, and saying it again changes nothing. */
export class GatewayCallError extends Error {
  override name = "GatewayCallError";
  readonly status: number | null;
  readonly isFinal: boolean;

  constructor(message: string, status: number | null, isFinal: boolean) {
    super(message);
    this.status = status;
    this.isFinal = isFinal;
  }
}

type Asking = {
  url: string;
  body?: object;
  /** Made anew with the gateway's time where it does not take the first one. */
  token?: (gatewayMs: number) => string;
  /** Where the gateway says that it is asked too often; without it that is the answer. */
  pause?: ((ms: number) => Promise<unknown>) | undefined;
};

/** The address of a gateway, without anything behind it. @throws UsageError */
export function parseGateway(text: string): string {
  try {
    const { protocol, origin } = new URL(text);
    if (protocol === "https:" || protocol === "http:") {
      return origin;
    }
  } catch {
    // No address at all.
  }
  throw new UsageError("gateway: this is not an http(s) address");
}

/** @throws GatewayCallError */
export function askSigned<T>(
  { gateway, privateKey, pause }: { gateway: string; privateKey: string } & Pick<Asking, "pause">,
  call: SignedCall,
  schema: z.ZodMiniType<T>,
): Promise<T> {
  const token = (gatewayMs: number) => callToken({ privateKey, call, gatewayMs });
  return callGateway({ url: `${gateway}/runner/v1/${call}`, token, pause }, schema);
}

/** @throws GatewayCallError */
export async function callGateway<T>(asking: Asking, schema: z.ZodMiniType<T>): Promise<T> {
  const { pause, token } = asking;
  let gatewayMs: number | null = null;
  for (let tries = 1; ; tries++) {
    const answer = await post(asking, gatewayMs ?? Date.now());
    const theirMs = Date.parse(answer.date ?? "");
    if (answer.status === 401 && token !== undefined && gatewayMs === null && Number.isFinite(theirMs)) {
      gatewayMs = theirMs;
      continue;
    }
    if (answer.status === 429 && pause !== undefined && tries < MAX_TRIES) {
      // As much again at random: the others were told the same.
      await pause(retryAfterMs(answer.retryAfter) * (1 + Math.random()));
      continue;
    }
    return judged(answer, schema);
  }
}

function judged<T>({ status, body }: GatewayAnswer, schema: z.ZodMiniType<T>): T {
  const parsed = schema.safeParse(parseJson(body));
  if (status === 200 && parsed.success) {
    return parsed.data;
  }
  const refusal = refusalSchema.safeParse(parseJson(body));
  const why = refusal.success ? refusal.data.why : "no words of a gateway";
  const isFinal = refusal.success && status >= 400 && status < 500 && status !== 429;
  throw new GatewayCallError(`the gateway refuses (${status}): ${why}`, status, isFinal);
}

async function post({ url, body, token }: Asking, gatewayMs: number): Promise<GatewayAnswer> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token(gatewayMs)}` };
  return askGateway(url, { timeoutMs: TIMEOUT_MS, method: "POST", json: body, headers }).catch((error: unknown) => {
    throw new GatewayCallError(`${url}: ${troubleOf(error)}`, null, false);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
