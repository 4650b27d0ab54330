/**
 * Credentials of private registries, from a file in containers' own format (`podman login --authfile`), for the
 * header that Podman's REST interface takes. All entries travel: which one fits, also for a mirror, is Podman's to say.
 */
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { EngineError } from "./engine.ts";

const authFileSchema = z.object({
  auths: z._default(
    z.record(z.string(), z.object({ auth: z.optional(z.base64()), identitytoken: z.optional(z.string()) })),
    {},
  ),
});

type Credentials = { username: string; password: string; identitytoken?: string };

/** Pure. The value of `X-Registry-Auth`; null when the file names nobody. Throws `pull_failed` naming the setting. */
export function registryAuthHeader(text: string): string | null {
  const entries = Object.entries(parseAuthFile(text)).flatMap(([registry, { auth, identitytoken }]) => {
    const pair = Buffer.from(auth ?? "", "base64").toString("utf8");
    const colon = pair.indexOf(":");
    if (colon < 0) {
      return [];
    }
    const credentials: Credentials = { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
    return [[registry, identitytoken === undefined ? credentials : { ...credentials, identitytoken }] as const];
  });
  if (entries.length === 0) {
    return null;
  }
  // URL-safe with padding, which is not what Node calls base64url.
  const base64 = Buffer.from(JSON.stringify(Object.fromEntries(entries))).toString("base64");
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

function parseAuthFile(text: string): z.infer<typeof authFileSchema>["auths"] {
  try {
    return authFileSchema.parse(JSON.parse(text)).auths;
  } catch {
    // The cause stays here: it could quote a credential.
    throw new EngineError({ code: "pull_failed", detail: "auth-file is not in containers' format" });
  }
}

/** Read for each pull, so that a rotated credential holds at once. */
export async function readRegistryAuth(authFile: string | null): Promise<string | null> {
  if (authFile === null) {
    return null;
  }
  const text = await readFile(authFile, "utf8").catch(() => null);
  if (text === null) {
    throw new EngineError({ code: "pull_failed", detail: "auth-file cannot be read" });
  }
  return registryAuthHeader(text);
}
