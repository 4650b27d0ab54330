/** What Podman says of itself and of the machine. */
import { EngineError, type EngineInfo } from "./engine.ts";
import { QUESTION_MS } from "./podman-containers.ts";
import { type Info, infoSchema } from "./podman-facts.ts";
import { type PodmanHttp, parseAnswer } from "./podman-http.ts";
import type { ServiceProcess } from "./service-proof.ts";

const LIMITING_CONTROLLERS = ["cpu", "memory", "pids"];

/** Whether Podman answers, in a millisecond: for the whole answer it searches the machine's package database. */
export async function askVersion(http: PodmanHttp): Promise<string | null> {
  const answer = await http.call("GET", "/_ping", { deadlineMs: QUESTION_MS });
  if (answer.status !== 200) {
    throw new EngineError({ code: "podman_unavailable" });
  }
  return answer.header("libpod-api-version");
}

export async function askInfo(http: PodmanHttp): Promise<Info> {
  const answer = await http.call("GET", "/info", { deadlineMs: QUESTION_MS });
  if (answer.status !== 200) {
    throw new EngineError({ code: "podman_unavailable" });
  }
  return parseAnswer(infoSchema, answer);
}

export function engineInfo(info: Info, service: ServiceProcess | null): EngineInfo {
  return {
    version: info.version.Version,
    arch: info.host.arch,
    rootless: info.host.security.rootless,
    graphRoot: info.store.graphRoot,
    networkBackend: info.host.networkBackend ?? null,
    missingControllers: missingControllers(info),
    hasCpuset: info.host.cgroupControllers?.includes("cpuset") ?? false,
    serviceStartedAt: service === null ? null : `${service.pid}@${service.startTicks}`,
  };
}

/** A Podman that does not tell is given the benefit of the doubt. */
function missingControllers({ host: { cgroupControllers } }: Info): string[] {
  return cgroupControllers ? LIMITING_CONTROLLERS.filter((name) => !cgroupControllers.includes(name)) : [];
}
