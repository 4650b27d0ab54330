/** What the tests' gateway is set up with. Read by vitest.config.ts, so it imports nothing of Cloudflare's. */
import { exportPKCS8, exportSPKI, generateKeyPair } from "jose";

const product = { cpu: 1, memoryInGigs: 2, price: 1 };

export const PRODUCTS = [
  { ...product, name: "example-compute-1", category: "example-compute", description: "An example machine" },
  { ...product, name: "example-compute-short", category: "example-compute", defaultTime: 60, maxTime: 5_400 },
  { ...product, name: "other-compute-1", category: "other-compute" },
];
/** Two are valid at once. */
export const ADMIN_TOKENS = ["first-admin-token", "second-admin-token"];
/** One administrator of each role, with a name. */
export const ROLE_TOKENS = { read: "reads-only", operate: "operates:by:night", owner: "owns-it" } as const;
const NAMES = { read: "rita", operate: "otto", owner: "olga" } as const;
export const REFRESH_TOKEN = "test-refresh-token";
export const UCLOUD_URL = "http://ucloud.invalid";

/** `CORE_PRIVATE_KEY` is the tests' own: with it they sign as UCloud/Core does. */
export async function testBindings() {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const roles = ["read", "operate", "owner"] as const;
  const pem = await exportSPKI(publicKey);
  return {
    PROVIDER_ID: "ucloud",
    UCLOUD_URL,
    PRODUCTS: JSON.stringify(PRODUCTS),
    DATA_JURISDICTION: "",
    TIMES: "",
    UCLOUD_PUBLIC_KEY: pem.replaceAll(/-----[A-Z ]+-----|\s/g, ""),
    UCLOUD_REFRESH_TOKEN: REFRESH_TOKEN,
    ADMIN_TOKEN: [...ADMIN_TOKENS, ...roles.map((role) => `${NAMES[role]}:${role}:${ROLE_TOKENS[role]}`)].join(" "),
    CORE_PRIVATE_KEY: await exportPKCS8(privateKey),
    // The tests' own, too: how long they fuzz (test/support/fuzz/fuzzing.ts).
    FUZZ_RUNS: process.env.FUZZ_RUNS ?? "",
    FUZZ_SEED: process.env.FUZZ_SEED ?? "",
  };
}
