/**
 * Every call of UCloud/Core that needs no machine, against the gateway as its own process: polls, calls that need
 * nothing done, calls for what is not possible, jobs that are refused, and what the gateway registers.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AdminClient } from "../../support/admin-client.ts";
import { aBatchJob, type BatchJob, bulkOf, ucloudJob } from "../../support/batch-job.ts";
import { eventually } from "../../support/eventually.ts";
import { GatewayProcess } from "../../support/gateway-process.ts";
import { REFRESH_TOKEN, SimulatedUcloud } from "../../support/simulated-ucloud/simulated-ucloud.ts";
import { ADMIN_TOKEN, CATEGORY, PROVIDER_ID, SHORT_TIMES } from "../../support/site.ts";
import { recordedJob, withField, withFields } from "../../support/ucloud-requests.ts";

const MINUTE_MS = 60_000;
const OWNER = { createdBy: "user", project: null };
const PRODUCTS = [
  { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 2, price: 3, description: "One core" },
  { name: "a100-1", category: "gpu", cpu: 8, memoryInGigs: 64, gpu: 1, gpuKind: "a100", price: 20 },
  { name: "private-1", category: "private", cpu: 1, memoryInGigs: 1, price: 1, output: "site" },
];

let folder: string;
let ucloud: SimulatedUcloud;
let gateway: GatewayProcess;
let admin: AdminClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ucloud-edge-calls-"));
  ucloud = await SimulatedUcloud.start(PROVIDER_ID);
  gateway = await GatewayProcess.start(folder, {
    ...{ providerId: PROVIDER_ID, ucloudUrl: ucloud.url, publicKey: ucloud.tokens.publicKey },
    ...{ refreshToken: REFRESH_TOKEN, adminToken: ADMIN_TOKEN, products: PRODUCTS, times: SHORT_TIMES },
  });
  ucloud.gatewayUrl = gateway.url;
  admin = new AdminClient(gateway.url, ADMIN_TOKEN);
});

afterEach(() => {
  expect(ucloud.book.violations.splice(0)).toEqual([]);
});

afterAll(async () => {
  await gateway.kill();
  await ucloud.stop();
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string) => ucloud.call("GET", path);
const post = (path: string, body: unknown) => ucloud.call("POST", path, JSON.stringify(body));

/** A job of UCloud's that nobody posts through it. */
const known = ({ id, createdAt, product }: BatchJob) => ucloud.book.add({ id, createdAt, product, owner: OWNER });

const NO_FEATURES = { web: false, vnc: false, terminal: false, peers: false };

test("the poll of machine types says of each what works, and nothing that does not", async () => {
  const supported = PRODUCTS.map(({ name, category, output }) => ({
    product: { id: name, category, provider: PROVIDER_ID },
    docker: { enabled: true, logs: output !== "site", timeExtension: true, utilization: true, ...NO_FEATURES },
    virtualMachine: { enabled: false, suspension: false },
    native: { enabled: false },
    queueStatus: "AVAILABLE",
  }));
  expect(await get("jobs/retrieveProducts")).toEqual({ status: 200, body: { responses: supported } });
});

test.each(["files/collections", "ingresses", "networkips", "licenses", "private-networks"])(
  "the poll of %s finds nothing",
  async (kind) => {
    expect(await get(`${kind}/retrieveProducts`)).toEqual({ status: 200, body: { responses: [] } });
  },
);

test("the poll of the manifest asks no user to be connected", async () => {
  expect(await get("integration/retrieveManifest")).toEqual({
    status: 200,
    body: { enabled: false, expireAfterMs: null },
  });
});

test("the poll of the branding names the provider and describes each category", async () => {
  const { status, body } = await get("provider/branding/retrieveInfo");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ id: PROVIDER_ID, title: PROVIDER_ID, logo: null, sections: [] },
    productDescription: [
      { category: CATEGORY, shortDescription: "One core" },
      { category: "gpu" },
      { category: "private" },
    ],
  });
});

const NOTHING_TO_DO: [string, unknown, unknown][] = [
  ["integration/init", { username: "user" }, {}],
  ["integration/unlinked", { username: "user" }, {}],
  ["ssh/keyUploaded", { username: "user", allKeys: [{ specification: { title: "k", key: "ssh-ed25519 AAAA" } }] }, {}],
  ["jobs/init", { principal: OWNER }, {}],
  ["jobs/onUpdatedLabels", { items: [recordedJob()] }, {}],
  ["jobs/requestDynamicParameters", { owner: OWNER, application: {} }, { parameters: [] }],
  ["jobs/updateAcl", { items: [{ resource: recordedJob(), added: [], deleted: [] }] }, { responses: [{}] }],
];
test.each(NOTHING_TO_DO)("%s needs nothing done", async (path, body, answer) => {
  expect(await post(path, body)).toEqual({ status: 200, body: answer });
});

const SESSION = { job: recordedJob(), rank: 0, sessionType: "SHELL", target: null };
const RESOURCE = { type: "peer", hostname: "other", jobId: "1" };
const NOT_POSSIBLE: [string, unknown][] = [
  ["jobs/interactiveSession", { items: [SESSION] }],
  ["jobs/openTerminalInFolder", { items: [{ folder: "/1/a" }] }],
  ["jobs/attachResource", { job: recordedJob(), resource: RESOURCE }],
  ["jobs/detachResource", { job: recordedJob(), resource: RESOURCE }],
];
test.each(NOT_POSSIBLE)("%s is refused with a sentence that the user reads", async (path, body) => {
  const { status, body: error } = await post(path, body);
  expect(status).toBe(400);
  expect(error).toEqual({
    statusCode: 400,
    why: expect.stringMatching(/^[A-Z].* here.*\.$/),
    errorCode: "BAD_REQUEST",
  });
});

test.each([
  ["POST", "integration/connect"],
  ["POST", "integration/welcome"],
  ["POST", "tokens"],
  ["GET", "tokens/retrieveOptions"],
  ["POST", "tasks/pauseOrCancel"],
  ["POST", "ingresses"],
  ["POST", "licenses"],
  ["POST", "networkips"],
  ["POST", "networkips/firewall"],
  ["GET", "provider/branding/image"],
] as const)("%s %s is unknown here, and says so in JSON", async (method, path) => {
  const answer = method === "GET" ? await get(path) : await post(path, {});
  expect(answer).toEqual({
    status: 404,
    body: { statusCode: 404, why: expect.any(String), errorCode: "NOT_FOUND" },
  });
});

const S = "specification";
const A = "status.resolvedApplication.invocation";
const resource = (value: object) => ({ path: `${S}.resources`, value: [value], field: `${S}.resources[0]` });
const REFUSED: [string, { path: string; value: unknown; field?: string }, string][] = [
  ["several nodes", { path: `${S}.replicas`, value: 2 }, "one node"],
  ["SSH", { path: `${S}.sshEnabled`, value: true }, "SSH"],
  ["a virtual machine", { path: `${A}.tool.tool.description.backend`, value: "VIRTUAL_MACHINE" }, "container"],
  ["a native application", { path: `${A}.tool.tool.description.backend`, value: "NATIVE" }, "container"],
  ["a web application", { path: `${A}.applicationType`, value: "WEB" }, "web page"],
  ["a desktop", { path: `${A}.applicationType`, value: "VNC" }, "desktop"],
  ["another job as a peer", resource(RESOURCE), "connected to each other"],
  ["a public link", resource({ type: "ingress", id: "1" }), "Public links"],
  ["a public address", resource({ type: "network", id: "1" }), "Public IP"],
  ["a licence", resource({ type: "license_server", id: "1" }), "License"],
  ["a private network", resource({ type: "private_network", id: "1" }), "Private networks"],
  ["block storage", resource({ type: "block_storage", id: "1" }), "Block storage"],
  ["an API server", resource({ type: "api_server", server: "x", token: "s3cr3t" }), "other services"],
  ["something new", resource({ type: "hologram" }), "cannot be given"],
  [
    "another provider's machine",
    { path: `${S}.product.id`, value: "nobody-has-it", field: `${S}.product` },
    "not offered",
  ],
];
test.each(REFUSED)("a job with %s is refused, and nothing is left of it", async (_name, change, word) => {
  const job = withField(ucloudJob(aBatchJob()), change.path, change.value);
  const { status, body } = await ucloud.create(JSON.stringify({ items: [job] }));
  const why = `items[0].${change.field ?? change.path}: `;
  expect(status).toBe(400);
  expect(body).toEqual({ statusCode: 400, why: expect.stringContaining(why), errorCode: "BAD_REQUEST" });
  expect(JSON.stringify(body)).toContain(word);
  expect(JSON.stringify(body)).not.toContain("s3cr3t");
  expect(await admin.get("/admin/jobs")).toMatchObject({ body: { items: [] } });
});

test.each([
  ["raw", "user"],
  ["raw and not base64", "Åse@example.org"],
  ["base64", Buffer.from("user").toString("base64")],
  ["of somebody else", Buffer.from("somebody").toString("base64")],
  ["missing", null],
])("whose job it is stands in the job, with the name in the header %s", async (_name, header) => {
  const job = aBatchJob();
  known(job).isStored = true;
  const response = await fetch(`${gateway.url}/ucloud/${PROVIDER_ID}/jobs`, {
    method: "POST",
    body: new TextEncoder().encode(bulkOf(job)),
    headers: {
      Authorization: `Bearer ${await ucloud.tokens.core()}`,
      ...(header === null ? {} : { "ucloud-username": Buffer.from(header).toString("latin1") }),
    },
  });
  expect([response.status, await response.json()]).toEqual([200, { responses: [null] }]);
  // A terminate for the owner of the body finds it.
  expect((await ucloud.terminate([ucloudJob(job)])).status).toBe(200);
  await ucloud.book.reaches(job.id, "SUCCESS");
});

test("how full the machines are: none is connected, and one job waits", async () => {
  const job = aBatchJob();
  expect((await ucloud.create(bulkOf(job))).status).toBe(200);
  expect(await get("jobs/retrieveUtilization")).toEqual({
    status: 200,
    body: {
      ...{ capacity: { cpu: 0, memory: 0 }, usedCapacity: { cpu: 0, memory: 0 } },
      queueStatus: { running: 0, pending: 1 },
    },
  });
  await ucloud.terminate([ucloudJob(job)]);
  await ucloud.book.reaches(job.id, "SUCCESS");
});

test("verify: a job that has ended here is told its end again, one that was never here is left alone", async () => {
  const ours = aBatchJob({ createdAt: Date.now() - 10 * MINUTE_MS });
  const never = aBatchJob({ createdAt: Date.now() - 10 * MINUTE_MS });
  await ucloud.create(bulkOf(ours));
  await ucloud.terminate([ucloudJob(ours)]);
  await ucloud.book.reaches(ours.id, "SUCCESS");
  await eventually("the gateway knows that UCloud has it", async () => ((await admin.isAllTold()) ? true : null));
  // UCloud was put back to an earlier moment.
  const theirs = ucloud.book.jobs.get(ours.id);
  Object.assign(theirs ?? {}, { state: "RUNNING" });
  const other = known(never);

  const open = [ours, never].map((job) => withFields(ucloudJob(job), { "status.state": "RUNNING" }));
  expect(await post("jobs/verify", { items: open })).toEqual({ status: 200, body: {} });
  await ucloud.book.reaches(ours.id, "SUCCESS");
  expect([other.state, other.updates]).toEqual(["IN_QUEUE", []]);
});

test("the machine types are registered at UCloud in the shape that it survives", async () => {
  const { status, body } = await admin.post("/admin/products/register", {});
  expect([status, body]).toEqual([200, { status: 200, answer: {} }]);
  expect(ucloud.catalogue.products).toMatchObject([
    { name: "example-compute-1", price: 3, gpu: 0, category: { name: CATEGORY, accountingUnit: { name: "Core" } } },
    { name: "a100-1", price: 20, gpu: 1, category: { name: "gpu", accountingUnit: { name: "GPU" } } },
    { name: "private-1", category: { name: "private" } },
  ]);
});
