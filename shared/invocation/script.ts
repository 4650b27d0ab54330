/** A command that is a Jinja template: carried to the node with the values that it may ask for. */
import type { Script } from "../plan.ts";
import type { FileUse } from "./file-use.ts";
import { type Inputs, resolveInputs } from "./inputs.ts";
import { type Declaration, type Fault, fault } from "./model.ts";
import { addToken, overweight, type Tally } from "./tally.ts";
import type { Values } from "./values.ts";
import { readWorkflows } from "./workflows.ts";

type Built = { kind: "ok"; script: Omit<Script, "ucloud"> } & Inputs;

export function buildScript(
  template: string,
  declared: readonly Declaration[],
  { given, added }: { given: Readonly<Record<string, unknown>>; added: readonly FileUse[] },
  tally: Tally,
): Built | Fault {
  const workflows = readWorkflows(declared, given);
  if (workflows.kind === "fault") {
    return workflows;
  }
  if (template.trim() === "" && workflows.jobs.length === 0) {
    return fault({ kind: "element", index: 0 }, "The application's command is empty.");
  }
  const inputs = resolveInputs(workflows.declarations, given, added);
  if (inputs.kind === "fault") {
    return inputs;
  }
  const { values } = inputs;
  addToken(tally, { text: template, parameter: null });
  for (const { template: text, parameter } of workflows.jobs) {
    addToken(tally, { text, parameter });
  }
  for (const [parameter, { text }] of values) {
    addToken(tally, { text, parameter });
  }
  const script = {
    template,
    workflows: workflows.jobs.map((job) => job.template),
    values: templateValues(workflows.declarations, values),
  };
  return overweight(tally) ?? { ...inputs, script };
}

/** Numbers and booleans as such, so that a template can compute and decide; all else is the text of a command. */
function templateValues(declarations: readonly Declaration[], values: Values): Script["values"] {
  const types = new Map(declarations.map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    [...values].map(([name, { text, isTrue }]) => {
      const type = types.get(name);
      const isNumber = type === "integer" || type === "floating_point";
      return [name, type === "boolean" ? isTrue : isNumber ? Number(text) : text];
    }),
  );
}
