/**
 * What schemas are made of again and again. zod's small form knows no language: it is told English here, in what both
 * programs load before they read anything.
 */
import * as locales from "zod/locales";
import * as z from "zod/mini";

z.config(locales.en());

export function whole(least: number, most?: number) {
  return z.int().check(z.gte(least), ...(most === undefined ? [] : [z.lte(most)]));
}

export const textUpTo = (chars: number) => z.string().check(z.maxLength(chars));

export const matching = (pattern: RegExp, error?: string) => z.string().check(z.regex(pattern, error));

export function mapped<S extends z.ZodMiniType, T>(
  schema: S,
  map: (given: z.output<S>, context: z.core.ParsePayload) => T,
) {
  return z.pipe(schema, z.transform(map));
}

/** For whoever maps: what was given means nothing. */
export function invalid(context: z.core.ParsePayload, message: string): never {
  context.issues.push({ code: "custom", message, input: context.value });
  return z.NEVER;
}
