/**
 * From UCloud's job to the job that the queue keeps, or the sentence that tells the user why it cannot run here.
 *
 * The order of the checks is the order of what helps: whether this machine type and this kind of application exist
 * here at all comes before any single value.
 */
import { buildArgv } from "../../shared/invocation/command.ts";
import { buildEnvironment } from "../../shared/invocation/environment.ts";
import { type Fault, JINJA_FAULT } from "../../shared/invocation/model.ts";
import { buildScript } from "../../shared/invocation/script.ts";
import { newTally, planTooLarge } from "../../shared/invocation/tally.ts";
import { resolveValues, type Values } from "../../shared/invocation/values.ts";
import { type JobPlan, MAX_PLAN_BYTES, type Script } from "../../shared/plan.ts";
import type { Product } from "../../shared/product.ts";
import { utf8Length } from "../../shared/text.ts";
import type { NewJob } from "../queue/api.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Application, UcloudJob } from "./schema.ts";
import { wallTime } from "./wall-time.ts";

const BYTES_PER_GIG = 2 ** 30;
const APPLICATION = "status.resolvedApplication.invocation";
const TOOL = `${APPLICATION}.tool.tool.description`;

type Runnable = { kind: "ok"; application: Application; image: string };
type Command = { kind: "ok"; argv: string[]; script?: Script };

/** A job's product is found by name and category; whose provider it claims to be does not matter. */
export function translateJob(job: UcloudJob, products: readonly Product[]): { kind: "job"; job: NewJob } | Refusal {
  const wanted = job.specification.product;
  const product = products.find(({ name, category }) => name === wanted.id && category === wanted.category);
  if (product === undefined) {
    return refuse("specification.product", "This machine type is not offered here.");
  }
  const runnable = readApplication(job);
  if (runnable.kind === "refused") {
    return runnable;
  }
  const objection = objectTo(job);
  if (objection !== null) {
    return objection;
  }
  const time = wallTime(job.specification.timeAllocation, product);
  if (time.kind === "refused") {
    return time;
  }
  return compile(job, runnable, product, time.wallMs);
}

/** The kind of application, and the image that it runs in. */
function readApplication({ status }: UcloudJob): Runnable | Refusal {
  const application = status?.resolvedApplication?.invocation;
  if (!application) {
    return refuse("status.resolvedApplication", "The application is missing.");
  }
  const tool = application.tool?.tool?.description;
  if (tool?.backend !== "DOCKER") {
    return refuse(`${TOOL}.backend`, "Only applications that run in a container can be run here.");
  }
  if (application.applicationType !== "BATCH") {
    return refuse(
      `${APPLICATION}.applicationType`,
      "Applications with a web page or a desktop cannot be reached here for now; only batch applications can be run.",
    );
  }
  const template = application.invocation.findIndex(({ type }) => type === "jinja");
  if (template >= 0 && application.invocation.length > 1) {
    return refuse(`${APPLICATION}.invocation[${template}]`, JINJA_FAULT);
  }
  if (application.modules?.mountPath) {
    return refuse(`${APPLICATION}.modules`, "Software modules cannot be loaded here for now.");
  }
  const image = tool.image ?? tool.container;
  return image === null
    ? refuse(`${TOOL}.image`, "The application names no container image.")
    : { kind: "ok", application, image };
}

/** What else a user can ask for and would miss if the job simply ran without it. */
function objectTo({ specification }: UcloudJob): Refusal | null {
  const { replicas, resources, sshEnabled, openedFile } = specification;
  if (replicas < 1) {
    return refuse("specification.replicas", "A job needs at least one node.");
  }
  if (replicas > 1) {
    return refuse("specification.replicas", "A job runs on one node here for now.");
  }
  if (resources.length > 0) {
    const why = "Files, other jobs, links and addresses cannot be attached to a job here for now.";
    return refuse("specification.resources", why);
  }
  if (openedFile !== null) {
    return refuse("specification.openedFile", "Files cannot be given to a job here for now.");
  }
  return sshEnabled ? refuse("specification.sshEnabled", "SSH into a job is not possible here for now.") : null;
}

type Limits = Pick<
  JobPlan,
  | "resources"
  | "gpuKind"
  | "wallMs"
  | "diskBytes"
  | "stopGraceMs"
  | "maxSilenceMs"
  | "maxSuspendMs"
  | "network"
  | "output"
  | "product"
>;

function planLimits(product: Product, wallMs: number): Limits {
  const { name, category, cpu, memoryInGigs, gpu, gpuKind, stopGrace, maxSilence, maxSuspend, network, output } =
    product;
  return {
    resources: { cpu, memoryBytes: Math.floor(memoryInGigs * BYTES_PER_GIG), gpu },
    gpuKind: gpuKind || null,
    wallMs,
    ...(product.diskInGigs ? { diskBytes: Math.ceil(product.diskInGigs * BYTES_PER_GIG) } : {}),
    stopGraceMs: stopGrace * 1000,
    maxSilenceMs: maxSilence ? maxSilence * 1000 : null,
    maxSuspendMs: maxSuspend * 1000,
    network,
    output,
    product: { name, category },
  };
}

function compile(
  job: UcloudJob,
  { application, image }: Runnable,
  product: Product,
  wallMs: number,
): { kind: "job"; job: NewJob } | Refusal {
  const { id, createdAt, owner, specification } = job;
  const tally = newTally();
  const command = buildCommand(job, application, product, tally);
  if (command.kind === "fault") {
    return refusalOf(command);
  }
  const { changeWorkingDirectory, runAsRoot } = application.container;
  const plan: JobPlan = {
    image,
    argv: command.argv,
    ...(command.script === undefined ? {} : { script: command.script }),
    environment: command.environment,
    workingDirectory: null,
    ...(changeWorkingDirectory ? {} : { useImageWorkingDirectory: true }),
    asRoot: runAsRoot,
    ...planLimits(product, wallMs),
    workspace: owner.project === null ? `user:${owner.createdBy}` : `project:${owner.project}`,
    application: { name: specification.application.name, version: specification.application.version },
  };
  // What travels is JSON, in which a control character takes six bytes: the tally alone is only a lower bound.
  if (utf8Length(JSON.stringify(plan)) > MAX_PLAN_BYTES) {
    return refusalOf(planTooLarge(tally));
  }
  const maxWallMs = product.maxTime * 1_000;
  return { kind: "job", job: { id, createdAt, owner, productId: product.name, plan, maxWallMs } };
}

type Tally = ReturnType<typeof newTally>;

function buildCommand(job: UcloudJob, application: Application, product: Product, tally: Tally) {
  const command = commandOf(job, application, product, tally);
  if (command.kind === "fault") {
    return command;
  }
  const variables = buildEnvironment(application.environment, providedVariables(job), command.values, tally);
  return variables.kind === "fault" ? variables : { ...command, environment: variables.environment };
}

/** A template alone is a script; everything else is a list of arguments. */
function commandOf(
  job: UcloudJob,
  { invocation, parameters }: Application,
  product: Product,
  tally: Tally,
): (Command & { values: Values }) | Fault {
  const given = job.specification.parameters;
  const [first] = invocation;
  if (first?.type === "jinja" && invocation.length === 1) {
    const built = buildScript(first.template, parameters, given, tally);
    if (built.kind === "fault") {
      return built;
    }
    const script = { ...built.script, ucloud: knownToTemplates(job, product) };
    return { kind: "ok", argv: [], script, values: built.values };
  }
  const resolved = resolveValues(parameters, given);
  if (resolved.kind === "fault") {
    return resolved;
  }
  const command = buildArgv(invocation, resolved.values, tally);
  return command.kind === "fault" ? command : { ...command, values: resolved.values };
}

/** What a template finds in `ucloud`; models that nobody has told are empty. */
function knownToTemplates({ id, specification }: UcloudJob, product: Product): Script["ucloud"] {
  const { name, category, cpu, memoryInGigs, gpu, gpuKind } = product;
  const models = { cpuModel: "", memoryModel: "", gpuModel: gpuKind ?? "" };
  return {
    jobId: id,
    nodes: specification.replicas,
    machine: { ...{ name, category, cpu, memoryInGigs, gpu }, ...models },
    application: { name: specification.application.name, version: specification.application.version },
  };
}

/** Those that UCloud's own provider sets and that say something true here; an application's own go before them. */
function providedVariables({ id }: UcloudJob): Record<string, string> {
  return {
    UCLOUD_JOB_ID: id,
    UCLOUD_RANK: "0",
    UCLOUD_TASK_COUNT: "1",
    VC_TASK_INDEX: "0",
    VK_TASK_INDEX: "0",
    VC_JOB_NUM: "1",
  };
}

function refusalOf({ place, why }: Fault): Refusal {
  switch (place.kind) {
    case "parameter":
      return refuse(`specification.parameters.${place.name}${place.key === null ? "" : `.${place.key}`}`, why);
    case "element":
      return refuse(`${APPLICATION}.invocation${place.index === null ? "" : `[${place.index}]`}`, why);
    case "variable":
      return refuse(`${APPLICATION}.environment.${place.name}`, why);
  }
}
