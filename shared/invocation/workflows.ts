/**
 * Workflows: values that bring parameters of their own and a template that follows the application's. The application
 * says only that there may be one; the rest is the user's.
 */
import * as z from "zod/mini";
import { type Declaration, declarationSchema, type Fault, fault, or, text } from "./model.ts";

const REQUIRED = "The application requires this parameter, and it has no value.";
/** UCloud gives values of this name to jobs without that anybody declared them. */
const INJECTED = "_injected_";
/** Parameters that are called otherwise than their values. */
const PARAMETER_TYPES: ReadonlyMap<string, string> = new Map([
  ["file", "input_file"],
  ["network", "network_ip"],
]);

const workflowSchema = z.object({
  specification: z.object({ job: or(text, ""), inputs: or(z.array(declarationSchema), []) }),
});
const typedSchema = z.object({ type: z.string() });

export type WorkflowJob = { parameter: string; template: string };
type Read = { kind: "ok"; declarations: Declaration[]; jobs: WorkflowJob[] };

/** `declarations`: the application's, without workflows, then their inputs, then what nobody declared. */
export function readWorkflows(
  declared: readonly Declaration[],
  given: Readonly<Record<string, unknown>>,
): Read | Fault {
  const all = [...declared, ...injected(given)];
  const declarations = all.filter(({ type }) => type !== "workflow");
  const names = new Set(all.map(({ name }) => name));
  const jobs: WorkflowJob[] = [];
  for (const declaration of all.filter(({ type }) => type === "workflow")) {
    const workflow = readWorkflow(declaration, given);
    if (workflow === null) {
      continue;
    }
    if ("kind" in workflow) {
      return workflow;
    }
    jobs.push({ parameter: declaration.name, template: workflow.job });
    // Of two with one name the first holds, and the application's come first.
    for (const input of workflow.inputs.filter(({ name }) => !names.has(name))) {
      names.add(input.name);
      declarations.push(input);
    }
  }
  return { kind: "ok", declarations, jobs: jobs.filter(({ template }) => template !== "") };
}

type Workflow = z.infer<typeof workflowSchema>["specification"];

function readWorkflow({ name, optional }: Declaration, given: Readonly<Record<string, unknown>>) {
  const raw = Object.hasOwn(given, name) ? (given[name] ?? null) : null;
  if (raw === null) {
    return optional ? null : fault({ kind: "parameter", name, key: null }, REQUIRED);
  }
  const typed = typedSchema.safeParse(raw);
  if (!typed.success || typed.data.type !== "workflow") {
    return fault({ kind: "parameter", name, key: "type" }, "The parameter takes a workflow.");
  }
  const parsed = workflowSchema.safeParse(raw);
  const workflow: Workflow | null = parsed.success ? parsed.data.specification : null;
  return workflow ?? fault({ kind: "parameter", name, key: null }, "The workflow cannot be read.");
}

/** Each is what its own value says. */
function injected(given: Readonly<Record<string, unknown>>): Declaration[] {
  return Object.entries(given).flatMap(([name, raw]) => {
    const { type = "" } = typedSchema.safeParse(raw).data ?? {};
    const declared = declarationSchema.safeParse({ name, type: PARAMETER_TYPES.get(type) ?? type, optional: true });
    return name.startsWith(INJECTED) && declared.success ? [declared.data] : [];
  });
}
