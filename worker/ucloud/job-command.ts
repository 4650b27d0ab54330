/** The command, environment and files of UCloud's job, or what is wrong with them. */
import { buildArgv } from "../../shared/invocation/command.ts";
import { parseDrivePath } from "../../shared/invocation/drive-path.ts";
import { buildEnvironment } from "../../shared/invocation/environment.ts";
import type { FileUse } from "../../shared/invocation/file-use.ts";
import { type Inputs, resolveInputs } from "../../shared/invocation/inputs.ts";
import { type Fault, fault } from "../../shared/invocation/model.ts";
import { mountedPath } from "../../shared/invocation/mounts.ts";
import { buildScript } from "../../shared/invocation/script.ts";
import type { newTally } from "../../shared/invocation/tally.ts";
import type { JobPlan, Mount, Script } from "../../shared/plan.ts";
import type { Product } from "../../shared/product.ts";
import type { Application, UcloudJob } from "./schema.ts";

type Command = Inputs & { kind: "ok"; argv: string[]; script?: Script };
type Tally = ReturnType<typeof newTally>;
/** `added`: files that the user gave to the job beside its parameters. */
type Of = { job: UcloudJob; application: Application; product: Product; added: readonly FileUse[] };

export function buildCommand(of: Of, tally: Tally): (Command & Pick<JobPlan, "environment">) | Fault {
  const command = commandOf(of, tally);
  if (command.kind === "fault") {
    return command;
  }
  const opened = openedPath(of.job, command.mounts);
  if (opened.kind === "fault") {
    return opened;
  }
  const provided = { ...providedVariables(of.job), ...opened.variables };
  const variables = buildEnvironment(of.application.environment, provided, command.values, tally);
  return variables.kind === "fault" ? variables : { ...command, environment: variables.environment };
}

/** A template alone is a script; everything else is a list of arguments. */
function commandOf({ job, application, product, added }: Of, tally: Tally): Command | Fault {
  const { invocation, parameters } = application;
  const given = job.specification.parameters;
  const [first] = invocation;
  if (first?.type === "jinja" && invocation.length === 1) {
    const built = buildScript(first.template, parameters, { given, added }, tally);
    if (built.kind === "fault") {
      return built;
    }
    return { ...built, argv: [], script: { ...built.script, ucloud: knownToTemplates(job, product) } };
  }
  const inputs = resolveInputs(parameters, given, added);
  if (inputs.kind === "fault") {
    return inputs;
  }
  const command = buildArgv(invocation, inputs.values, tally);
  return command.kind === "fault" ? command : { ...inputs, ...command };
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

/** The file that the user began with. It is none of the job's files by itself. */
function openedPath(
  { specification: { openedFile } }: UcloudJob,
  mounts: readonly Mount[],
): { kind: "ok"; variables: Record<string, string> } | Fault {
  if (openedFile === null) {
    return { kind: "ok", variables: {} };
  }
  const file = parseDrivePath(openedFile);
  if (file.kind === "odd") {
    return fault({ kind: "opened-file" }, file.why);
  }
  const path = mountedPath(mounts, file);
  return path === null
    ? fault({ kind: "opened-file" }, "The opened file is not among the job's files; add it or a folder that it is in.")
    : { kind: "ok", variables: { UCLOUD_OPEN_WITH_FILE: path } };
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
