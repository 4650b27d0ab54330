/** The renderer lives within limits that a new Node may outgrow: then every job with a template would be sent away. */
import { createRenderer, RendererError } from "../template/render.ts";
import { REAL_TIMERS } from "../timers.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good } from "./finding.ts";

export async function checkTemplates({ signal }: Examination): Promise<Found[]> {
  const models = { cpuModel: "", memoryModel: "", gpuModel: "" };
  const machine = { name: "", category: "", cpu: 1, memoryInGigs: 1, gpu: 0, ...models };
  const ucloud = { jobId: "", nodes: 1, machine, application: { name: "", version: "" } };
  const script = { template: "{{ value }}", workflows: [], values: { value: "a" }, ucloud };
  try {
    const rendered = await createRenderer(REAL_TIMERS)({ script, rank: 0 }, signal);
    if (rendered.is === "script") {
      return [good("can be rendered")];
    }
  } catch (error) {
    if (!(error instanceof RendererError)) {
      throw error;
    }
  }
  const advice = "The renderer needs /bin/sh, and 768 MiB as limit of data (ulimit -d) that it may set itself.";
  return [bad("cannot be rendered", advice)];
}
