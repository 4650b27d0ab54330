/** A request to the renderer, with its template and what is changed. */
import type { RenderRequest } from "../../runner/template/request.ts";
import type { Script } from "../../shared/plan.ts";

export function aScript(template: string, values: Script["values"] = {}, workflows: string[] = []): Script {
  const models = { cpuModel: "", memoryModel: "", gpuModel: "" };
  return {
    ...{ template, values, workflows },
    ucloud: {
      ...{ jobId: "54112", nodes: 1, application: { name: "acme", version: "1.0.0" } },
      machine: { name: "example-compute-1", category: "example-compute", cpu: 1, memoryInGigs: 2, gpu: 0, ...models },
    },
  };
}

export function aRequest(template: string, values: Script["values"] = {}, workflows: string[] = []): RenderRequest {
  return { script: aScript(template, values, workflows), rank: 0 };
}
