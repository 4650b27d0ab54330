/** The operator's settings: what is wrong is named, and never quoted. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { SettingsError, settingsOf } from "../../../worker/env.ts";
import { call, callWith, expectError } from "../support/gateway.ts";

type Given = Partial<Record<keyof Cloudflare.Env, unknown>>;

/** As the operator may have set it, right or wrong. */
function given(changes: Given): Cloudflare.Env {
  return { ...env, ...changes } as Cloudflare.Env;
}

function problemsOf(changes: Given): string[] {
  try {
    settingsOf(given(changes));
  } catch (error) {
    return error instanceof SettingsError ? error.problems : ["something else"];
  }
  return [];
}

const SECRET = "s3cr3t";
const product = { name: "small", category: "compute", cpu: 1, memoryInGigs: 1, price: 1 };
const products = (...list: Record<string, unknown>[]) => JSON.stringify(list);
const wrongProduct = (changes: Record<string, unknown>) => ({ PRODUCTS: products({ ...product, ...changes }) });

const wrong: [string, Given, string][] = [
  ["no provider", { PROVIDER_ID: "" }, "PROVIDER_ID is not set"],
  ["a provider's name with a slash", { PROVIDER_ID: `${SECRET}/x` }, "PROVIDER_ID is not set or not"],
  ["no UCloud", { UCLOUD_URL: "" }, "UCLOUD_URL is not an http(s) address"],
  ["UCloud's name without a scheme", { UCLOUD_URL: `${SECRET}.example` }, "UCLOUD_URL is not"],
  ["another scheme", { UCLOUD_URL: `file:///${SECRET}` }, "UCLOUD_URL is not"],
  ["a jurisdiction that does not exist", { DATA_JURISDICTION: SECRET }, "DATA_JURISDICTION "],
  ["no public key", { UCLOUD_PUBLIC_KEY: " \n" }, "UCLOUD_PUBLIC_KEY is not set"],
  ["no refresh token", { UCLOUD_REFRESH_TOKEN: "" }, "UCLOUD_REFRESH_TOKEN is not set"],
  ["no administrator's token", { ADMIN_TOKEN: undefined }, "ADMIN_TOKEN is not set"],
  ["times that are no JSON", { TIMES: `{${SECRET}` }, "TIMES is not JSON"],
  ["times that are a list", { TIMES: "[1]" }, "TIMES "],
  ["an unknown time", { TIMES: '{"napMs":1}' }, 'TIMES Unrecognized key: "napMs"'],
  ["a time of zero", { TIMES: '{"pingMs":0}' }, "TIMES.pingMs "],
  ["a time that is a fraction", { TIMES: '{"pingMs":1.5}' }, "TIMES.pingMs "],
  ["a time that is a text", { TIMES: `{"pingMs":"${SECRET}"}` }, "TIMES.pingMs "],
  ["a way of accounting that is none", { ACCOUNTING: SECRET }, "ACCOUNTING is none of usage, charges and none"],
  ["a lease that no ping can keep", { TIMES: '{"leaseMs":25000}' }, "TIMES.leaseMs must be greater"],
  ["products that are no JSON", { PRODUCTS: `[${SECRET}` }, "PRODUCTS is not JSON"],
  ["products that are no list", { PRODUCTS: "{}" }, "PRODUCTS "],
  [
    "products over the platform's limit",
    { PRODUCTS: `[${" ".repeat(5_120)}]` },
    "PRODUCTS has 5122 bytes, at most 5120",
  ],
  ["an unknown field of a product", wrongProduct({ disk: SECRET }), 'PRODUCTS.0 Unrecognized key: "disk"'],
  ["a product without a core", wrongProduct({ cpu: 0 }), "PRODUCTS.0.cpu "],
  ["a product without a price", wrongProduct({ price: undefined }), "PRODUCTS.0.price "],
  ["a product's name with a slash", wrongProduct({ name: `${SECRET}/x` }), "PRODUCTS.0.name "],
  ["a network that there is not", wrongProduct({ network: SECRET }), "PRODUCTS.0.network "],
  ["a default time over the maximum", wrongProduct({ maxTime: 60 }), "PRODUCTS.0.defaultTime is more than maxTime"],
  ["a product twice", { PRODUCTS: products(product, product) }, "PRODUCTS.1.name compute/small is listed twice"],
];

test.each(wrong)("%s is named by every call, and never quoted", async (_name, changes, problem) => {
  for (const path of ["/healthz", "/ucloud/ucloud/jobs/retrieveProducts", "/admin/jobs", "/nothing"]) {
    const why = await expectErrorOf(changes, path);
    expect(why).toContain(problem);
    expect(why).not.toContain(SECRET);
  }
});

async function expectErrorOf(changes: Given, path: string): Promise<string> {
  const response = await callWith(given(changes), path);
  const body: unknown = await response.json();
  expect(response.status).toBe(503);
  expect(body).toMatchObject({ statusCode: 503, errorCode: "UNAVAILABLE" });
  return JSON.stringify(body).replaceAll("\\", "");
}

test("all that is wrong is said at once", () => {
  const problems = problemsOf({ PROVIDER_ID: "", UCLOUD_URL: "", ADMIN_TOKEN: "", TIMES: '{"pingMs":0,"pongMs":0}' });
  expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
    "PROVIDER_ID",
    "UCLOUD_URL",
    "TIMES.pingMs",
    "TIMES.pongMs",
    "ADMIN_TOKEN",
  ]);
});

test("what is right is answered", async () => {
  expect((await call("/healthz")).status).toBe(200);
  await expectError(await callWith({ PROVIDER_ID: "elsewhere" }, "/ucloud/ucloud/jobs"), 404);
  await expectError(await callWith({ PROVIDER_ID: "elsewhere" }, "/ucloud/elsewhere/jobs"), 401);
});

test.each(["", null, undefined])("%j is not given", (nothing) => {
  const settings = settingsOf(given({ PRODUCTS: nothing, TIMES: nothing, DATA_JURISDICTION: nothing ?? "" }));
  expect(settings).toMatchObject({ products: [], times: DEFAULT_TIMES, jurisdiction: null });
});

test.each(["none", "", "eu"])("the jurisdiction %j is known", (name) => {
  expect(settingsOf(given({ DATA_JURISDICTION: name })).jurisdiction).toBe(name === "eu" ? "eu" : null);
});

test("lists and objects may be given as they are or as JSON, with one time changed and one following it", () => {
  for (const TIMES of [{ pingMs: 1_000, pongMs: 500 }, '{"pingMs":1000,"pongMs":500}']) {
    const { times } = settingsOf(given({ TIMES, PRODUCTS: [product] }));
    expect(times).toEqual({ ...DEFAULT_TIMES, pingMs: 1_000, pongMs: 500, leaseMs: 6_000 });
  }
});

test("a product has the defaults that the documentation names", () => {
  expect(settingsOf(given({ PRODUCTS: products(product) })).products).toEqual([
    {
      ...product,
      gpu: 0,
      description: "",
      network: "none",
      output: "edge",
      exclusive: false,
      defaultTime: 86_400,
      maxTime: 2_592_000,
      stopGrace: 30,
      maxQueue: 1_209_600,
      maxSuspend: 86_400,
      fundsGrace: 3_600,
    },
  ]);
});

test("tokens may be several, and UCloud's address may end in slashes", () => {
  const settings = settingsOf(
    given({ ADMIN_TOKEN: " a\tb\n", UCLOUD_REFRESH_TOKEN: "c\n\nd", UCLOUD_URL: "https://ucloud.example/x//" }),
  );
  expect(settings).toMatchObject({
    adminTokens: [
      { name: "admin", role: "owner", token: "a" },
      { name: "admin", role: "owner", token: "b" },
    ],
    refreshTokens: ["c", "d"],
    ucloudUrl: "https://ucloud.example/x",
  });
});
