/** Where the older UCloud and today's write the same thing in other words: the job that comes of it is the same. */
import { expect, test } from "vitest";
import type { NewJob } from "../../../../worker/queue/api.ts";
import { parseJob, parseTermination } from "../../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../../worker/ucloud/translate.ts";
import { recordedJob, withField, withFields } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

function translated(item: unknown): NewJob {
  const parsed = parseJob(item);
  const outcome = parsed.kind === "ok" ? translateJob(parsed.job, [aProduct()]) : parsed;
  if (outcome.kind === "refused") {
    throw new Error(`${outcome.field}: ${outcome.why}`);
  }
  return outcome.job;
}

const A = "status.resolvedApplication.invocation";
const T = `${A}.tool.tool.description`;
/** Today's shape of a value: the keys of all kinds, empty where they say nothing. */
const ALL_KEYS = {
  ...{ path: "", mountPath: "", readOnly: false, value: null, hostname: "", jobId: "", id: "", modules: null },
  specification: { applicationName: "", language: "", init: null, job: null, readme: null, inputs: null },
  ...{ port: 0, tls: false, server: "", token: "", tokenType: "" },
};
const UPDATE = { state: "IN_QUEUE", status: "in the queue", timestamp: 1633329776235 };
const PRODUCT_V1 = {
  ...{ balance: null, name: "example-compute-1", pricePerUnit: 1_000_000, description: "", priority: 0, cpu: 64 },
  ...{
    memoryInGigs: 999,
    gpu: 8,
    version: 1,
    freeToUse: false,
    unitOfPrice: "CREDITS_PER_MINUTE",
    productType: "COMPUTE",
  },
  category: { name: "example-compute", provider: "example" },
};
const ZERO_PRODUCT = { type: "", category: { name: "", provider: "" }, name: "", price: 0, cpu: 0, memoryInGigs: 0 };

const SAYS_NOTHING: [string, Record<string, unknown>][] = [
  ["values with their own keys alone", { "specification.parameters.value": { type: "text", value: "Hello, World!" } }],
  [
    "values with the keys of all kinds",
    { "specification.parameters.value": { ...ALL_KEYS, type: "text", value: "Hello, World!" } },
  ],
  ["no updates", { updates: [] }],
  ["updates", { updates: [UPDATE, UPDATE] }],
  ["no list of updates", { updates: null }],
  ["no output", { output: null }],
  ["an output without folder", { output: { outputFolder: null } }],
  ["an output with a folder", { output: { outputFolder: "/1/Jobs" } }],
  ["the product of 2021", { "status.resolvedProduct": PRODUCT_V1 }],
  ["a product of zeros, as after UCloud's restart", { "status.resolvedProduct": ZERO_PRODUCT }],
  ["no product", { "status.resolvedProduct": null }],
  ["no support", { "status.resolvedSupport": null }],
  ["a support of nulls", { "status.resolvedSupport": { support: { docker: { enabled: null }, virtualMachine: {} } } }],
  [
    "a support that is all false",
    { "status.resolvedSupport": { support: { docker: { enabled: false } }, features: [] } },
  ],
  ["the state SUSPENDED", { "status.state": "SUSPENDED" }],
  ["the state CANCELING", { "status.state": "CANCELING" }],
  ["a state that nobody knows", { "status.state": "BOGUS" }],
  ["a start", { "status.startedAt": 1, "status.expiresAt": 2 }],
  ["no modules required", { [`${T}.requiredModules`]: null }],
  ["an empty list of modules required", { [`${T}.requiredModules`]: [] }],
  ["both names of the image", { [`${T}.container`]: "acme/batch:1.0.0" }],
  ["keys that nobody knows", { "specification.hologram": { a: 1 }, hologram: [1], "status.hologram": true }],
  ["no permissions", { permissions: null }],
  ["an id of the provider's own", { providerGeneratedId: "abc" }],
];

test.each(SAYS_NOTHING)("%s: the same job", (_name, changes) => {
  expect(translated(withFields(recordedJob(), changes))).toEqual(translated(recordedJob()));
});

test("a job in a state between is not over, and one that UCloud has ended is", () => {
  const isOver = (state: unknown) => {
    const parsed = parseTermination(withField(recordedJob(), "status.state", state));
    return parsed.kind === "ok" ? (parsed.termination.isOver ?? false) : "refused";
  };
  expect(["CANCELING", "SUSPENDED", "BOGUS", null, undefined].map(isOver)).toEqual(Array(5).fill(false));
  expect(["SUCCESS", "FAILURE", "EXPIRED"].map(isOver)).toEqual([true, true, true]);
});
