/** The container that a runner would make for a job, straight through Podman's API: nothing can be faster than that. */
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readHostLimits } from "../../runner/engine/host-limits.ts";
import { createPodmanHttp } from "../../runner/engine/podman-http.ts";
import { containerSpec } from "../../runner/engine/podman-spec.ts";
import { ServiceFinder } from "../../runner/engine/service-proof.ts";
import { anEngine, anOrder, aPlan, JOB_USER } from "../support/engine.ts";
import type { PodmanService } from "../support/podman-service.ts";
import { MEBIBYTE } from "./memory.ts";

const DEADLINE_MS = 60_000;
/** Podman looks this often whether the container has ended; the runner asks for the same. */
export const WAIT_INTERVAL = "10ms";

/** What `containers/create` is sent. The folder that it names is made. */
export type Spec = Record<string, unknown> & { name: string };

export async function specMaker(podman: PodmanService): Promise<() => Promise<Spec>> {
  const limits = await readHostLimits((await new ServiceFinder(podman.socketPath).find())?.pid ?? null);
  const plan = aPlan({ resources: { cpu: 1, memoryBytes: 1024 * MEBIBYTE, gpu: 0 } });
  const given = { signal: AbortSignal.timeout(DEADLINE_MS), progress() {} };
  const image = await anEngine(podman.socketPath).prepareImage(plan, given);
  return async () => {
    const order = anOrder(plan);
    const place = join(podman.folder, "jobs", order.name);
    const workFolder = join(place, "work");
    await mkdir(workFolder, { recursive: true });
    await chown(workFolder, JOB_USER.uid, JOB_USER.gid);
    const whole = { ...order, image, workFolder, logFile: join(place, "output.log") };
    return { ...containerSpec(whole, { rootless: false, limits }), name: order.name };
  };
}

/** Create, start, wait, remove. */
export async function runContainer(socketPath: string, spec: Spec): Promise<void> {
  const http = createPodmanHttp(socketPath);
  const path = `/containers/${spec.name}`;
  const call = async (...[method, where, json]: ["POST" | "DELETE", string, unknown?]): Promise<void> => {
    const { status, body } = await http.call(method, where, { deadlineMs: DEADLINE_MS, json });
    if (status >= 300) {
      throw new Error(`Podman answered ${status} ${body}`);
    }
  };
  await call("POST", "/containers/create", spec);
  await call("POST", `${path}/start`);
  await call("POST", `${path}/wait?condition=exited&interval=${WAIT_INTERVAL}`);
  await call("DELETE", `${path}?force=true&timeout=0&v=true`);
}
