/** The forms in which an operator may paste UCloud's public key, and what is remembered of a token that fitted one. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { checkUcloudToken } from "../../../worker/auth/ucloud.ts";
import { splitKeys } from "../../../worker/secrets.ts";
import { aCertifiedKey } from "../support/certificate.ts";
import { CORE_CLAIMS, coreToken, signToken } from "../support/core-tokens.ts";
import { callWith, expectError } from "../support/gateway.ts";

const PATH = "/ucloud/ucloud/jobs/retrieveProducts";
const bare = (pem: string) => pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
const written = (pem: string) => pem.trim().replaceAll("\n", "\\n");

const { certificate, pem, privateKey } = await aCertifiedKey();
const stranger = await aCertifiedKey();

const forms: [string, string][] = [
  ["base64 as UCloud shows it", bare(pem)],
  ["PEM", pem],
  ["PEM with written line ends", written(pem)],
  ["a certificate", certificate],
  ["a certificate with written line ends", written(certificate)],
  ["two bare keys", `${env.UCLOUD_PUBLIC_KEY} ${bare(pem)}`],
  ["two on lines of their own", `${bare(stranger.pem)}\n${bare(pem)}\n`],
  ["a bare key behind a PEM", `${stranger.pem}\n${bare(pem)}`],
  ["a PEM behind a certificate and a bare key", `${stranger.certificate}${env.UCLOUD_PUBLIC_KEY}\n${pem}`],
  ["a PEM behind something that is no key", `bm8ga2V5 ${written(pem)}`],
];

test.each(forms)("the key may be given as %s", async (_name, key) => {
  const settings = { UCLOUD_PUBLIC_KEY: key };
  const good = await callWith(settings, PATH, { token: await signToken(CORE_CLAIMS, privateKey) });
  expect(good.status).toBe(200);
  const bad = await callWith({ UCLOUD_PUBLIC_KEY: bare(stranger.pem) }, PATH, {
    token: await signToken(CORE_CLAIMS, privateKey),
  });
  await expectError(bad, 401, "UNAUTHORIZED");
});

const nowS = () => Math.floor(Date.now() / 1000);

/** The same keys are the same settings, which are read once. */
const settings = new Map<string, string[]>();

function check(token: string, keys: string, nowMs = Date.now()): Promise<void> {
  const request = new Request("http://gateway.invalid", { headers: { Authorization: `Bearer ${token}` } });
  const publicKeys = settings.get(keys) ?? splitKeys(keys);
  settings.set(keys, publicKeys);
  return checkUcloudToken(request, publicKeys, nowMs);
}

test("a token that was checked is refused from its end on", async () => {
  const exp = nowS() + 60;
  const token = await coreToken({ exp });
  await check(token, env.UCLOUD_PUBLIC_KEY);
  await check(token, env.UCLOUD_PUBLIC_KEY, exp * 1000 - 1);
  await expect(check(token, env.UCLOUD_PUBLIC_KEY, exp * 1000)).rejects.toMatchObject({ code: "unauthorized" });
});

test("a token that was checked is refused when the key has changed", async () => {
  const token = await coreToken();
  await check(token, env.UCLOUD_PUBLIC_KEY);
  await expect(check(token, pem)).rejects.toMatchObject({ code: "unauthorized" });
  await check(token, `${pem} ${env.UCLOUD_PUBLIC_KEY}`);
});

test("what was signed of a token that was checked is good for nothing else", async () => {
  const token = await signToken({ ...CORE_CLAIMS }, privateKey);
  await check(token, pem);
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(atob(payload ?? ""));
  const longer = btoa(JSON.stringify({ ...claims, exp: claims.exp + 1 })).replaceAll("=", "");
  await expect(check([header, longer, signature].join("."), pem)).rejects.toMatchObject({ code: "unauthorized" });
  await expect(check(`${token}A`, pem)).rejects.toMatchObject({ code: "unauthorized" });
});

test("the signature of the same token is checked once", async () => {
  const token = await coreToken();
  await check(token, env.UCLOUD_PUBLIC_KEY);
  // Keys that cannot be read fit nothing: the token would be refused if its signature were checked again.
  const verify = crypto.subtle.verify;
  crypto.subtle.verify = () => Promise.reject(new Error("asked again"));
  try {
    await check(token, env.UCLOUD_PUBLIC_KEY);
    await expect(check(await coreToken({ exp: nowS() + 61 }), env.UCLOUD_PUBLIC_KEY)).rejects.toThrow();
  } finally {
    crypto.subtle.verify = verify;
  }
});
