/** What becomes of UCloud's recorded jobs, and of the same jobs with one thing changed that may be. */
import { describe, expect, test } from "vitest";
import { type JobPlan, planSchema } from "../../../../shared/plan.ts";
import type { NewJob } from "../../../../worker/queue/api.ts";
import { parseJob } from "../../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../../worker/ucloud/translate.ts";
import { recordedJob, withField, withFields } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

const APPLICATION = "status.resolvedApplication.invocation";

function translated(item: unknown, products = [aProduct()]): NewJob {
  const parsed = parseJob(item);
  const outcome = parsed.kind === "ok" ? translateJob(parsed.job, products) : parsed;
  if (outcome.kind === "refused") {
    throw new Error(`${outcome.field}: ${outcome.why}`);
  }
  return outcome.job;
}

const planOf = (changes: Record<string, unknown>, products = [aProduct()]): JobPlan =>
  translated(withFields(recordedJob(), changes), products).plan;

const provided = {
  UCLOUD_JOB_ID: "54112",
  UCLOUD_RANK: "0",
  UCLOUD_TASK_COUNT: "1",
  VC_TASK_INDEX: "0",
  VK_TASK_INDEX: "0",
  VC_JOB_NUM: "1",
};

test("the older UCloud's job becomes this one", () => {
  expect(translated(recordedJob())).toEqual({
    id: "54112",
    createdAt: 1633329776235,
    owner: { createdBy: "user", project: null },
    productId: "example-compute-1",
    maxWallMs: aProduct().maxTime * 1_000,
    parameters: ["debug", "value"],
    plan: {
      image: "acme/batch:1.0.0",
      argv: ["acme-batch", "--debug", "true", "Hello, World!"],
      environment: provided,
      workingDirectory: null,
      asRoot: false,
      resources: { cpu: 1, memoryBytes: 2 * 2 ** 30, gpu: 0 },
      gpuKind: null,
      wallMs: 3_600_000,
      stopGraceMs: 30_000,
      maxSilenceMs: null,
      maxSuspendMs: aProduct().maxSuspend * 1_000,
      network: "none",
      output: "edge",
      ...{ workspace: "user:user", user: "user", application: { name: "acme-batch", version: "1.0.0" } },
      product: { name: "example-compute-1", category: "example-compute" },
    },
  });
});

test("today's UCloud's job differs only in that its application runs as root, and in UCloud's own description", () => {
  const older = translated(recordedJob());
  const today = translated(recordedJob("create-request-today.json"));
  const jobParameters = expect.objectContaining({ siteVersion: 3, request: expect.anything() });
  expect(today).toEqual({ ...older, plan: { ...older.plan, asRoot: true, jobParameters } });
});

test("a job with flags, glued prefixes, variables and an environment", () => {
  const job = translated(recordedJob("create-request-v1-app.json"));
  expect(job.owner).toEqual({ createdBy: "user", project: "5534a42e-3eee-4a95-b07d-45e0f84f51d7" });
  expect(job.plan.argv).toEqual(["acme-batch", "--debug", "true", "--val=Hello, World!", "--val=0.5", "$HOME"]);
  expect(job.plan.environment).toMatchObject({ ACME_MODE: "batch", ACME_VALUE: "Hello, World!", UCLOUD_JOB_ID: "5" });
  expect(job.plan.workspace).toBe("project:5534a42e-3eee-4a95-b07d-45e0f84f51d7");
});

test("a flag that arrives with a blank is raised without it", () => {
  const verbose = { "specification.parameters.verbose": { type: "boolean", value: true } };
  const job = translated(withFields(recordedJob("create-request-v1-app.json"), verbose));
  expect(job.plan.argv.slice(0, 4)).toEqual(["acme-batch", "--debug", "true", "-v"]);
});

test("a plan is one that runners accept", () => {
  const { plan } = translated(recordedJob("create-request-v1-app.json"));
  expect(planSchema.parse(plan)).toEqual(plan);
});

describe("time", () => {
  const wallMs = (timeAllocation: unknown) => planOf({ "specification.timeAllocation": timeAllocation }).wallMs;

  test("is the sum of its parts", () => {
    expect(wallMs({ hours: 1, minutes: 30, seconds: 15 })).toBe(5_415_000);
    expect(wallMs({ hours: 0, minutes: 90, seconds: 0 })).toBe(5_400_000);
    expect(wallMs({ hours: -1, minutes: 400, seconds: 0 })).toBe(20_400_000);
    expect(wallMs({ hours: 0, minutes: 0, seconds: 1 })).toBe(1000);
  });

  test("is the product's where none is given", () => {
    expect(wallMs(null)).toBe(86_400_000);
    expect(wallMs(undefined)).toBe(86_400_000);
    expect(planOf({ "specification.timeAllocation": null }, [aProduct({ defaultTime: 60 })]).wallMs).toBe(60_000);
  });

  test("may be the product's maximum", () => {
    const exactly = { "specification.timeAllocation": { hours: 2, minutes: 0, seconds: 0 } };
    expect(planOf(exactly, [aProduct({ maxTime: 7200, defaultTime: 60 })]).wallMs).toBe(7_200_000);
  });
});

describe("the product", () => {
  test("is found by name and category, whoever its provider is", () => {
    const products = [
      aProduct({ category: "other", cpu: 7 }),
      aProduct({ name: "other", cpu: 8 }),
      aProduct({ cpu: 9 }),
    ];
    expect(planOf({ "specification.product.provider": "nobody" }, products).resources.cpu).toBe(9);
  });

  test("gives the limits", () => {
    const changes = {
      cpu: 0.5,
      memoryInGigs: 1.5,
      gpu: 2,
      gpuKind: "a100",
      stopGrace: 5,
      maxSilence: 60,
      output: "site",
    };
    expect(planOf({}, [aProduct(changes)])).toMatchObject({
      resources: { cpu: 0.5, memoryBytes: 1_610_612_736, gpu: 2 },
      gpuKind: "a100",
      stopGraceMs: 5000,
      maxSilenceMs: 60_000,
      output: "site",
    });
  });
});

describe("the application", () => {
  const TOOL = `${APPLICATION}.tool.tool.description`;

  test("has its image under the older name as well", () => {
    expect(planOf({ [`${TOOL}.image`]: null, [`${TOOL}.container`]: "old" }).image).toBe("old");
    expect(planOf({ [`${TOOL}.image`]: "", [`${TOOL}.container`]: "old" }).image).toBe("old");
    expect(planOf({ [`${TOOL}.image`]: "new", [`${TOOL}.container`]: "old" }).image).toBe("new");
  });

  test("says whether it runs as root, and where", () => {
    const hints = { changeWorkingDirectory: false, runAsRoot: true };
    const plan = planOf({ [`${APPLICATION}.container`]: hints });
    expect(plan).toMatchObject({ asRoot: true, workingDirectory: null, useImageWorkingDirectory: true });
    expect(planOf({ [`${APPLICATION}.container`]: {} })).toMatchObject({ asRoot: false, workingDirectory: null });
    expect(planOf({})).not.toHaveProperty("useImageWorkingDirectory");
  });

  test("is a batch application if it says nothing", () => {
    expect(planOf({ [`${APPLICATION}.applicationType`]: undefined }).argv).toHaveLength(4);
  });
});

test("null and missing mean the same everywhere", () => {
  const optional = [
    ...["specification.resources", "specification.replicas"],
    "specification.name",
    ...["specification.openedFile", "status.jobParametersJson"],
    "specification.allowDuplicateJob",
    `${APPLICATION}.environment`,
    `${APPLICATION}.container`,
    `${APPLICATION}.modules`,
    "owner.project",
    "permissions",
    "output",
  ];
  const older = translated(recordedJob());
  for (const path of optional) {
    expect(translated(withField(recordedJob(), path, null))).toEqual(older);
    expect(translated(withField(recordedJob(), path, undefined))).toEqual(older);
  }
});

test("a default stands in for a value", () => {
  const argv = (value: unknown) =>
    planOf({ "specification.parameters": { value }, [`${APPLICATION}.parameters.0.defaultValue`]: false }).argv;
  expect(argv({ type: "text", value: "x" })).toEqual(["acme-batch", "--debug", "false", "x"]);
});

describe("a template as command", () => {
  const templated = (changes: Record<string, unknown> = {}) =>
    translated(withFields(recordedJob("create-request-jinja-app.json"), changes), [aProduct({ gpuKind: "a100" })]).plan;
  const given = (name: string, value: unknown) => ({ [`specification.parameters.${name}`]: value });

  test("is carried to the node with native numbers and booleans, and nothing for what has no value", () => {
    const plan = templated();
    expect(plan.argv).toEqual([]);
    expect(plan.script).toEqual({
      template: 'acme-batch {{ debug | flag("--debug") }} {{ count | option("--count") }} {{ value }}\n',
      workflows: [],
      values: { value: "Hello, 'World'!", count: 5, debug: true },
      ucloud: {
        jobId: "4",
        nodes: 1,
        machine: {
          ...{ name: "example-compute-1", category: "example-compute", cpu: 1, memoryInGigs: 2, gpu: 0 },
          ...{ cpuModel: "", memoryModel: "", gpuModel: "a100" },
        },
        application: { name: "acme-v2", version: "1.0.0" },
      },
    });
    expect(plan.environment).toMatchObject({ ACME_MODE: "batch", UCLOUD_JOB_ID: "4" });
    expect(planSchema.parse(plan)).toEqual(plan);
  });

  test("gets defaults, and an option's value", () => {
    const changes = { ...given("count", undefined), ...given("level", { type: "text", value: "High" }) };
    expect(templated(changes).script?.values).toMatchObject({ count: 3, level: "high" });
  });

  test("gets what nobody declared only if UCloud itself gave it", () => {
    const injected = {
      ...given("_injected_n", { type: "integer", value: 7 }),
      ...given("n", { type: "integer", value: 8 }),
    };
    const { values } = templated(injected).script ?? {};
    expect(values).toMatchObject({ _injected_n: 7 });
    expect(values).not.toHaveProperty("n");
    expect(values).not.toHaveProperty("ucMetricSampleRate");
  });

  test("is followed by the job template of a workflow, whose inputs are parameters", () => {
    const inputs = [
      { type: "text", name: "extra", optional: false },
      { type: "integer", name: "threads", optional: true, defaultValue: 2 },
      { type: "text", name: "count", optional: true, defaultValue: "no" },
    ];
    const workflow = { type: "workflow", specification: { language: "JINJA2", job: "run {{ extra }}", inputs } };
    const script = templated({
      [`${APPLICATION}.parameters.3`]: { type: "workflow", name: "flow", optional: true },
      ...given("flow", workflow),
      ...given("extra", { type: "text", value: "x" }),
    }).script;
    expect(script?.workflows).toEqual(["run {{ extra }}"]);
    expect(script?.values).toMatchObject({ extra: "x", threads: 2, count: 5 });
    expect(script?.values).not.toHaveProperty("flow");
  });
});

test("a plan without command and script is none that runners accept", () => {
  expect(planSchema.safeParse({ ...translated(recordedJob()).plan, argv: [] }).success).toBe(false);
});
