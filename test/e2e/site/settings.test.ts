/**
 * The gateway started from an env file alone: each variable that the file has arrives. wrangler silently drops those
 * that its own configuration does not declare, so each is read back by what it does.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AdminClient } from "../../support/admin-client.ts";
import { aBatchJob, bulkOf } from "../../support/batch-job.ts";
import { wrangler } from "../../support/gateway-host.ts";
import { GatewayProcess } from "../../support/gateway-process.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "../../support/simulated-ucloud/simulated-ucloud.ts";
import { Tokens } from "../../support/simulated-ucloud/tokens.ts";

const PROVIDER_ID = "a-provider.of-ours";
const PRODUCT = { name: "u1-standard-1", category: "u1-standard", cpu: 1, memoryInGigs: 2, price: 7 };

/** What an env file could be misread at. */
const DESCRIPTION = 'Two cores = "fast" # and more';

let folders: string[];
let ucloud: SimulatedUcloud;
let good: GatewayProcess;
let bad: GatewayProcess;

beforeAll(async () => {
  folders = await Promise.all(["good", "bad"].map((name) => mkdtemp(join(tmpdir(), `ucloud-edge-${name}-`))));
  ucloud = await SimulatedUcloud.start(PROVIDER_ID);
  const [goodFolder = "", badFolder = ""] = folders;
  const older = await Tokens.make();
  [good, bad] = await Promise.all([
    GatewayProcess.startWith(goodFolder, {
      PROVIDER_ID,
      UCLOUD_URL: `${ucloud.url}/`,
      PRODUCTS: JSON.stringify([{ ...PRODUCT, description: DESCRIPTION }]),
      DATA_JURISDICTION: "none",
      TIMES: JSON.stringify({ guardMs: 60, answeredMs: 400, retryMaxMs: 200 }),
      UCLOUD_PUBLIC_KEY: `${older.publicKey} ${ucloud.tokens.publicPem.replaceAll("\n", "\\n")}`,
      UCLOUD_REFRESH_TOKEN: `refused ${REFRESH_TOKEN}`,
      ADMIN_TOKEN: "an-old-one a-new-one",
    }),
    // The bare gateway does not start with such settings.
    GatewayProcess.startWith(
      badFolder,
      {
        PROVIDER_ID: "blanks in it",
        UCLOUD_URL: "ftp://ucloud.invalid",
        PRODUCTS: "[",
        DATA_JURISDICTION: "moon",
        TIMES: '{"pingsMs":1}',
        ACCOUNTING: "moon",
        UCLOUD_PUBLIC_KEY: "",
        UCLOUD_REFRESH_TOKEN: "",
        ADMIN_TOKEN: "",
      },
      wrangler,
    ),
  ]);
  ucloud.gatewayUrl = good.url;
});

afterAll(async () => {
  await Promise.all([good.kill(), bad.kill(), ucloud.stop()]);
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

test("PROVIDER_ID, PRODUCTS and UCLOUD_PUBLIC_KEY: the machine types are shown to UCloud's own token", async () => {
  const { status, body } = await ucloud.call("GET", "jobs/retrieveProducts");
  expect(status).toBe(200);
  const product = { id: PRODUCT.name, category: PRODUCT.category, provider: PROVIDER_ID };
  expect(body).toMatchObject({ responses: [{ product, docker: { enabled: true } }] });
  const branding = await ucloud.call("GET", "provider/branding/retrieveInfo");
  expect(branding.body).toMatchObject({
    id: PROVIDER_ID,
    productDescription: [{ category: PRODUCT.category, shortDescription: DESCRIPTION }],
  });
});

test.each([
  ["of the provider's own", { sub: `#P_${PROVIDER_ID}`, role: "PROVIDER" }],
  ["of a user", { sub: "user", role: "USER" }],
  ["of another issuer", { iss: "elsewhere" }],
  ["that has run out", { exp: Math.floor(Date.now() / 1000) - 60 }],
])("a token %s opens nothing, though the key is right", async (_name, claims) => {
  const { status, body } = await ucloud.call("GET", "jobs/retrieveProducts", undefined, claims);
  expect([status, body]).toMatchObject([401, { errorCode: "UNAUTHORIZED" }]);
});

test("ADMIN_TOKEN: each of several is taken, and no other", async () => {
  const statuses = ["an-old-one", "a-new-one", "an-old-one a-new-one", ""].map(async (token) => {
    const { status } = await new AdminClient(good.url, token).get("/admin/queues");
    return status;
  });
  expect(await Promise.all(statuses)).toEqual([200, 200, 401, 401]);
});

test("UCLOUD_URL, UCLOUD_REFRESH_TOKEN and TIMES: a job that is cancelled is told soon", async () => {
  const job = aBatchJob({ product: { id: PRODUCT.name, category: PRODUCT.category } });
  expect((await ucloud.create(bulkOf(job))).status).toBe(200);
  const answer = await ucloud.terminate(JSON.parse(bulkOf(job)).items);
  expect(answer.status).toBe(200);
  await ucloud.book.reaches(job.id, "SUCCESS");
  expect(ucloud.book.violations).toEqual([]);
});

test("healthz is green", async () => {
  const response = await fetch(`${good.url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

test.each([
  "PROVIDER_ID",
  "UCLOUD_URL",
  "PRODUCTS",
  "DATA_JURISDICTION",
  "TIMES",
  "ACCOUNTING",
  "UCLOUD_PUBLIC_KEY",
  "UCLOUD_REFRESH_TOKEN",
  "ADMIN_TOKEN",
])("a wrong %s is named", async (variable) => {
  const response = await fetch(`${bad.url}/healthz`);
  const text = await response.text();
  expect(response.status).toBe(503);
  expect(text).toContain(variable);
  expect(text).not.toMatch(/moon|ftp:|blanks/);
});
