/** The settings that are secrets: each may be several, so that one is replaced without a gap. */
import * as z from "zod/mini";
import { mapped } from "../shared/schema.ts";
import { adminTokensSchema } from "./auth/admin-token.ts";

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
const PEM = /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g;

/** PEM blocks first (with real or written line ends), the rest is split at white space. */
export function splitKeys(text: string): string[] {
  const unescaped = text.replaceAll("\\n", "\n");
  return [...(unescaped.match(PEM) ?? []), ...words(unescaped.replace(PEM, " "))];
}

const oneOrMore = (split: (text: string) => string[]) =>
  mapped(z._default(z.string(), ""), split).check(z.refine((list) => list.length > 0, "is not set"));

export const secretsSchema = z.object({
  UCLOUD_PUBLIC_KEY: oneOrMore(splitKeys),
  UCLOUD_REFRESH_TOKEN: oneOrMore(words),
  ADMIN_TOKEN: adminTokensSchema,
});
