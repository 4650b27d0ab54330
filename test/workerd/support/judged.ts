/** What holds for every answer of the gateway, whatever it was asked: a success, or a refusal in our own words. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import * as z from "zod";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { MARK } from "../../support/fuzz/hostile.ts";

/** Stack traces, file names, classes and the platform's or a library's own words. */
const INTERNALS =
  /\bat \S+:\d|\.ts\b|\bError\b|\bzod\b|sqlite|\bundefined\b|\[object|node_modules|durable|JSON\.parse/i;

const refusalSchema = z.looseObject({ why: z.string() });

/** Returns its status. */
export async function expectJudged(response: Response): Promise<number> {
  const text = await response.text();
  expect(response.status, text).toBeLessThan(500);
  if (response.status < 400) {
    return response.status;
  }
  const body = refusalSchema.parse(JSON.parse(text));
  expect(body).toEqual({
    statusCode: response.status,
    why: expect.stringMatching(/^\S.{0,399}\.$/),
    errorCode: expect.stringMatching(/^[A-Z_]+$/),
  });
  // The place may name a parameter; names are the application's, values are the user's.
  const sentence = body.why.replace(/^[^:]*: /, "");
  expect(sentence).not.toContain(MARK);
  expect(sentence).not.toMatch(INTERNALS);
  return response.status;
}

/** Here a case is a call through the whole Worker. */
export function fuzzing(weight = 1) {
  return fuzzingOf(env, weight);
}
