/**
 * From UCloud's job to the job that the queue keeps, or the sentence that tells the user why it cannot run here.
 *
 * The order of the checks is the order of what helps: whether this machine type and this kind of application exist
 * here at all comes before any single value.
 */
import type { FileUse } from "../../shared/invocation/file-use.ts";
import { JINJA_FAULT } from "../../shared/invocation/model.ts";
import { readResources } from "../../shared/invocation/resources.ts";
import { newTally, planTooLarge } from "../../shared/invocation/tally.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Product } from "../../shared/product.ts";
import type { NewJob } from "../queue/api.ts";
import { APPLICATION, fieldOf, refusalOf } from "./fault.ts";
import { buildCommand } from "./job-command.ts";
import { describedPlan, fitsFrame } from "./job-parameters.ts";
import { planLimits } from "./plan-limits.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Application, UcloudJob } from "./schema.ts";
import { wallTime } from "./wall-time.ts";

/** Of the parameters that administrators see by name. */
const MAX_NAMES = 64;
const MAX_NAME_CHARS = 64;
const TOOL = `${APPLICATION}.tool.tool.description`;

type Runnable = { kind: "ok"; application: Application; image: string };
/** `drives`: each with the field that named it first. */
export type Translated = { kind: "job"; job: NewJob; drives: ReadonlyMap<string, string> };

/** A job's product is found by name and category; whose provider it claims to be does not matter. */
export function translateJob(job: UcloudJob, products: readonly Product[]): Translated | Refusal {
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
  const added = readResources(job.specification.resources);
  if (added.kind === "fault") {
    return refusalOf(added);
  }
  const time = wallTime(job.specification.timeAllocation, product);
  if (time.kind === "refused") {
    return time;
  }
  return compile(job, { ...runnable, added: added.files }, product, time.wallMs);
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
  const { replicas, sshEnabled } = specification;
  if (replicas < 1) {
    return refuse("specification.replicas", "A job needs at least one node.");
  }
  if (replicas > 1) {
    return refuse("specification.replicas", "A job runs on one node here for now.");
  }
  return sshEnabled ? refuse("specification.sshEnabled", "SSH into a job is not possible here for now.") : null;
}

/** Of what the application declares; what else a job brings may be anybody's words. */
function givenNames({ specification }: UcloudJob, { parameters }: Application): string[] {
  const values = new Map(Object.entries(specification.parameters));
  const given = parameters.filter(({ name }) => (values.get(name) ?? null) !== null);
  return given.slice(0, MAX_NAMES).map(({ name }) => name.slice(0, MAX_NAME_CHARS));
}

function compile(
  job: UcloudJob,
  { application, image, added }: Runnable & { added: readonly FileUse[] },
  product: Product,
  wallMs: number,
): Translated | Refusal {
  const { id, createdAt, owner, specification, status } = job;
  const tally = newTally();
  const command = buildCommand({ job, application, product, added }, tally);
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
    ...(command.mounts.length === 0 ? {} : { mounts: command.mounts }),
    workspace: owner.project === null ? `user:${owner.createdBy}` : `project:${owner.project}`,
    user: owner.createdBy,
    application: { name: specification.application.name, version: specification.application.version },
  };
  if (!fitsFrame(plan)) {
    return refusalOf(planTooLarge(tally));
  }
  const drives = new Map([...command.drives].map(([drive, place]) => [drive, fieldOf(place)]));
  const described = describedPlan(plan, status?.jobParametersJson ?? null);
  const maxWallMs = product.maxTime * 1_000;
  return {
    kind: "job",
    job: {
      id,
      createdAt,
      owner,
      productId: product.name,
      plan: described,
      maxWallMs,
      parameters: givenNames(job, application),
    },
    drives,
  };
}
