/**
 * Jobs that ask for more than they may have are refused at the gateway, in a sentence for their user, and at the runner,
 * whatever gateway sends them.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { containerSpec } from "../../../runner/engine/podman-spec.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { productsSchema } from "../../../shared/product.ts";
import { parseJob } from "../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../worker/ucloud/translate.ts";
import { anEngine, anOrder } from "../../support/engine.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";
import { recordedJob, withFields } from "../../support/ucloud-requests.ts";
import { aProduct } from "../worker/ucloud/products.ts";

const S = "specification";
const A = "status.resolvedApplication.invocation";
const words = (...texts: string[]) => texts.map((word) => ({ type: "word", word }));

/** What a user or a catalogue author can write, and the field that the refusal names. */
const WISHES: [wish: string, changes: Record<string, unknown>, field: string][] = [
  ["a machine type that is not offered", { [`${S}.product.id`]: "huge" }, `${S}.product`],
  ["another site's category", { [`${S}.product.category`]: "theirs" }, `${S}.product`],
  ["more nodes than one", { [`${S}.replicas`]: 512 }, `${S}.replicas`],
  [
    "more time than the site gives",
    { [`${S}.timeAllocation`]: { hours: 9_999, minutes: 0, seconds: 0 } },
    `${S}.timeAllocation`,
  ],
  ["a way in by SSH", { [`${S}.sshEnabled`]: true }, `${S}.sshEnabled`],
  ["another job's network", { [`${S}.resources`]: [{ type: "peer", jobId: "1", hostname: "h" }] }, `${S}.resources`],
  ["a public address", { [`${S}.resources`]: [{ type: "network", id: "1" }] }, `${S}.resources`],
  ["a public link", { [`${S}.resources`]: [{ type: "ingress", id: "1" }] }, `${S}.resources`],
  ["a license server", { [`${S}.resources`]: [{ type: "license_server", id: "1" }] }, `${S}.resources`],
  ["something nobody knows", { [`${S}.resources`]: [{ type: "host_path", path: "/" }] }, `${S}.resources`],
  ["a web page", { [`${A}.applicationType`]: "WEB" }, `${A}.applicationType`],
  [
    "a virtual machine",
    { [`${A}.tool.tool.description.backend`]: "VIRTUAL_MACHINE" },
    `${A}.tool.tool.description.backend`,
  ],
  ["modules of the machine", { [`${A}.modules`]: { mountPath: "/opt" } }, `${A}.modules`],
  ["an argument with a NUL", { [`${A}.invocation`]: words("a\0b") }, `${A}.invocation[0].word`],
  ["an argument of 128 KiB", { [`${A}.invocation`]: words("a", "x".repeat(131_072)) }, `${A}.invocation[1]`],
  ["a variable named A=B", { [`${A}.environment`]: { "A=B": { type: "word", word: "1" } } }, `${A}.environment.A=B`],
  ["an image's name with a NUL", { [`${A}.tool.tool.description.image`]: "a\0" }, `${A}.tool.tool.description.image`],
];

describe("the gateway refuses", () => {
  test.each(WISHES)("%s", (_, changes, field) => {
    const parsed = parseJob(withFields(recordedJob(), changes));
    const outcome = parsed.kind === "ok" ? translateJob(parsed.job, [aProduct()]) : parsed;
    expect(outcome).toMatchObject({ kind: "refused", field: expect.stringContaining(field) });
  });

  test("a machine type with the host's own network, whoever writes it into PRODUCTS", () => {
    const given = { name: "a", category: "b", cpu: 1, memoryInGigs: 1, price: 1, network: "host" };
    expect(productsSchema.safeParse([given]).success).toBe(false);
  });

  test("what a user writes into the request beside the machine type changes no limit", () => {
    const changes = {
      [`${S}.resolvedProduct`]: { cpu: 4096, memoryInGigs: 65_536, gpu: 64 },
      [`${S}.network`]: "site",
      [`${S}.privileged`]: true,
      [`${A}.container.network`]: "host",
      [`${A}.container.privileged`]: true,
    };
    const plans = [{}, changes].map((one) => {
      const parsed = parseJob(withFields(recordedJob(), one));
      return parsed.kind === "ok" ? translateJob(parsed.job, [aProduct()]) : parsed;
    });
    expect(plans[1]).toEqual(plans[0]);
  });
});

const fits = { cpu: 1, memoryBytes: GIB, gpu: 0 };
const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`V${index}`, ""]));

/** What the gateway would never send. */
const DEMANDS: [demand: string, plan: Partial<JobPlan>, detail: string][] = [
  ["a core more than there is", { resources: { ...fits, cpu: 4.01 } }, "size"],
  ["a byte more than there is", { resources: { ...fits, memoryBytes: 8 * GIB + 1 } }, "size"],
  ["a GPU where there is none", { resources: { ...fits, gpu: 1 } }, "size"],
  ["a kind of GPU that is not here", { resources: { ...fits, gpu: 1 }, gpuKind: "a100" }, "GPU kind"],
  ["no limit of memory", { resources: { ...fits, memoryBytes: 0 } }, "size"],
  ["no limit of the processor", { resources: { ...fits, cpu: 0 } }, "size"],
  ["a life without an end", { wallMs: Number.MAX_SAFE_INTEGER }, "time"],
  ["a grace without an end", { stopGraceMs: Number.MAX_SAFE_INTEGER }, "time"],
  ["a pause without an end", { maxSuspendMs: Number.MAX_SAFE_INTEGER }, "time"],
  ["an argument with a NUL", { argv: ["true", "a\0b"] }, "arguments"],
  ["an argument of 128 KiB", { argv: ["true", "x".repeat(131_072)] }, "arguments"],
  ["a variable without a name", { environment: { "": "x" } }, "environment"],
  ["a variable named A=B", { environment: { "A=B": "x" } }, "environment"],
  ["a variable's name with a NUL", { environment: { "A\0": "x" } }, "environment"],
  ["a variable's value with a NUL", { environment: { A: "x\0LD_PRELOAD=y" } }, "environment"],
  ["a variable of 128 KiB", { environment: { A: "x".repeat(131_070) } }, "environment"],
  ["five thousand variables", { environment: many }, "environment"],
  ["a working directory with a NUL", { workingDirectory: "/a\0" }, "working directory"],
];

describe("the runner refuses", () => {
  let node: NodeUnderTest;
  beforeEach(async () => {
    node = await aNode();
  });
  afterEach(() => node.end());

  test.each(DEMANDS)("%s, and makes nothing for it even when it is granted", async (_, change, detail) => {
    node.offer(aRef(), aPlan(change));
    await until(() => node.link.frames("refuse").length > 0, "a refusal");
    expect(node.link.frames("refuse")[0]?.failure).toEqual({ code: "not_supported", detail });
    node.go();
    await quiet();
    expect([node.engine.containers.size, node.engine.startCalls, node.agent.status().jobs]).toEqual([0, [], []]);
  });

  test.each(["internet", "site"] as const)("the network %s where its rules cannot be set", async (network) => {
    node.offer(aRef(), aPlan({ network }));
    await until(() => node.link.frames("refuse").length > 0, "a refusal");
    expect(node.link.frames("refuse")[0]?.failure).toEqual({ code: "network_failed" });
    node.go();
    await quiet();
    expect([node.engine.containers.size, node.engine.startCalls]).toEqual([0, []]);
  });

  test("root where the site does not give it: the job runs as every other", async () => {
    await node.runJob(aRef(), aPlan({ asRoot: true }));
    expect(node.container()?.order).toMatchObject({ plan: { asRoot: false }, user: { uid: 11_042, gid: 11_042 } });
  });

  test("an order about an attempt that it did not accept", async () => {
    node.go(aRef({ job: "9" }));
    node.agent.received(node.link, { type: "resume", ref: aRef({ job: "9" }), n: 1 });
    await quiet();
    expect(node.engine.startCalls).toEqual([]);
  });
});

describe("the engine refuses, whatever the runner thought", () => {
  const options = { signal: new AbortController().signal, progress: () => {} };

  test.each([
    ["root", { asRoot: true }, { code: "root_not_allowed" }],
    ["a network", { network: "internet" as const }, { code: "not_supported", detail: "network internet" }],
    ["an image that is not on the site's list", { image: "evil.invalid/x" }, { code: "image_not_allowed" }],
  ])("%s", async (_, change, failure) => {
    const strict = anEngine("/nowhere/podman.sock", { allowList: ["registry.invalid/*"] });
    await expect(strict.prepareImage(aPlan(change), options)).rejects.toMatchObject({ failure });
  });

  const host = {
    rootless: false,
    limits: { nofile: 1024, nproc: 1024, memlockBytes: 65_536, raisesLimits: false, ioWeight: false },
  };

  test("to write a container down that has a network", () => {
    expect(() => containerSpec(anOrder(aPlan({ network: "site" })), host)).toThrow(/not_supported/);
  });

  test("labels and a host name from what a user wrote", () => {
    const hostile = 'x", "privileged": true,\n';
    const plan = aPlan({ workspace: hostile, user: hostile, application: { name: hostile, version: hostile } });
    const spec = containerSpec(anOrder(plan), host);
    expect(JSON.stringify(spec)).not.toContain('x\\"');
    expect(spec).toMatchObject({ privileged: false, hostname: expect.stringMatching(/^[A-Za-z0-9-]{1,63}$/) });
  });
});
