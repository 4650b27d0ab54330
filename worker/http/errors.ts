/**
 * Every answer that is not a success: `{"statusCode","why","errorCode"}`. UCloud shows `why` to its user word by word, so
 * it is a sentence of ours and never quotes what somebody sent.
 */
import { cleanText } from "../../shared/text.ts";

/** 503 makes UCloud repeat a call for 2.6 s; it stands only where a repeat is safe and may help. */
const STATUS = {
  bad_request: 400,
  unauthorized: 401,
  not_enough_compute_credits: 402,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  upgrade_required: 426,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
  refresh_refused: 503,
  queue_full: 503,
} as const;

/** Seconds; over that time wrangler.toml counts. */
const RATE_PERIOD_S = "60";

export type ErrorCode = keyof typeof STATUS;

export class GatewayError extends Error {
  override name = "GatewayError";
  readonly code: ErrorCode;
  readonly why: string;
  constructor(code: ErrorCode, why: string) {
    super(code);
    this.code = code;
    this.why = why;
  }
}

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

export function errorResponse(code: ErrorCode, why: string): Response {
  const statusCode = STATUS[code];
  return Response.json(
    { statusCode, why: cleanText(why), errorCode: code.toUpperCase() },
    // A runner with a wrong clock sets itself by the date of its refusal.
    {
      status: statusCode,
      headers: {
        Date: new Date().toUTCString(),
        ...(code === "too_many_requests" ? { "Retry-After": RATE_PERIOD_S } : {}),
      },
    },
  );
}
