/** What to do where Podman does not get to a registry. Its service has a way of its own, whatever the runner was told. */
import { readFile } from "node:fs/promises";
import { ServiceFinder } from "../engine/service-proof.ts";
import { wayTo } from "../proxy.ts";
import type { Examination } from "./examination.ts";

const WAY =
  "Podman has a way of its own: its proxy is set for podman.service (systemctl edit), authorities are in " +
  "/etc/containers/certs.d, mirrors in registries.conf.";

export async function adviceForWay({ gateway, command }: Pick<Examination, "gateway" | "command">): Promise<string> {
  const runnerHasProxy = gateway !== null && wayTo(gateway).agent !== undefined;
  const service = runnerHasProxy ? await new ServiceFinder(command.podmanSocket).find() : null;
  const environment = service && (await readFile(`/proc/${service.pid}/environ`, "utf8").catch(() => null));
  return environment === null || namesProxy(environment) ? WAY : `${WAY} The runner has a proxy, and Podman has none.`;
}

/** Pure: a process's environment, as the kernel shows it. */
export function namesProxy(environment: string): boolean {
  return environment.split("\0").some((entry) => /^https_proxy=./i.test(entry));
}
