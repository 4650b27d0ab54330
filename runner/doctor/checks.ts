/**
 * The doctor's checks, in order. One whose needs were not met is not tried: a single fault is told once, and those that
 * follow from it in one line each.
 */
import { failureText } from "../../shared/failure.ts";
import type { Command } from "../commands/command.ts";
import { EngineError } from "../engine/engine.ts";
import { checkCgroups, checkInit } from "./cgroups.ts";
import { checkContainer } from "./container.ts";
import { checkDisk, checkStateFolder } from "./disk.ts";
import { checkDrives } from "./drives.ts";
import { checkEnrolled } from "./enrolled.ts";
import { Examination } from "./examination.ts";
import { bad, type Finding, type Found, skipped } from "./finding.ts";
import { checkClock, checkGateway } from "./gateway.ts";
import { checkGpus } from "./gpus.ts";
import { checkLimits } from "./limits.ts";
import { checkLines } from "./line.ts";
import { checkName } from "./name.ts";
import { checkNetworks } from "./networks.ts";
import { checkPodman, checkStorage } from "./podman.ts";
import { checkProxy } from "./proxy.ts";
import { checkRegistry } from "./registry.ts";
import { checkJobsDir, checkMachine, checkUser } from "./settings.ts";
import { checkTemplates } from "./templates.ts";
import { checkTls } from "./tls.ts";
import { checkUserMapping } from "./user-mapping.ts";
import { checkWebSocket } from "./websocket.ts";

type Check = { name: string; needs: string[]; look(examination: Examination): Promise<Found[]> };

/** Each needs what stands before it only. */
const CHECKS: readonly Check[] = [
  { name: "name", needs: [], look: checkName },
  { name: "proxy", needs: ["name"], look: checkProxy },
  { name: "tls", needs: ["name", "proxy"], look: checkTls },
  { name: "gateway", needs: ["tls"], look: checkGateway },
  { name: "clock", needs: ["tls"], look: checkClock },
  { name: "websocket", needs: ["tls"], look: checkWebSocket },
  { name: "enrolled", needs: [], look: checkEnrolled },
  { name: "line", needs: ["enrolled", "websocket"], look: checkLines },
  { name: "podman", needs: [], look: checkPodman },
  { name: "storage", needs: ["podman"], look: checkStorage },
  { name: "init", needs: [], look: checkInit },
  { name: "cgroups", needs: [], look: checkCgroups },
  { name: "machine", needs: [], look: checkMachine },
  { name: "job-user", needs: [], look: checkUser },
  { name: "jobs-dir", needs: [], look: checkJobsDir },
  { name: "container", needs: ["podman", "init", "job-user"], look: checkContainer },
  { name: "limits", needs: ["container"], look: checkLimits },
  { name: "user-mapping", needs: ["container"], look: checkUserMapping },
  { name: "drives", needs: ["jobs-dir"], look: checkDrives },
  { name: "networks", needs: ["podman"], look: checkNetworks },
  { name: "disk", needs: ["jobs-dir"], look: checkDisk },
  { name: "state-folder", needs: ["jobs-dir"], look: checkStateFolder },
  { name: "gpus", needs: ["container"], look: checkGpus },
  { name: "registry", needs: ["podman"], look: checkRegistry },
  { name: "templates", needs: [], look: checkTemplates },
];

/** Those without which there is no line to the gateway. */
const LINE_CHECKS = ["name", "proxy", "tls", "gateway", "websocket", "enrolled", "line"];

/** Pure. 0: all is well. 1: something is wrong. 2: there is no line to the gateway. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  const bad = findings.filter(({ ok }) => !ok);
  return bad.length === 0 ? 0 : bad.some(({ check }) => LINE_CHECKS.includes(check)) ? 2 : 1;
}

/** Each finding is told as it is made. With `signal` no further one is. */
export async function runChecks(
  command: Command,
  signal: AbortSignal,
  tell: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  const examination = new Examination(command, signal);
  const findings: Finding[] = [];
  try {
    for (const { name, needs, look } of CHECKS) {
      const isMet = (need: string) => findings.every(({ check, ok, skipped }) => check !== need || (ok && !skipped));
      const unmet = needs.find((need) => !isMet(need));
      const found =
        unmet === undefined ? await look(examination).catch(lostPodman) : [skipped(`not tried without ${unmet}`)];
      signal.throwIfAborted();
      for (const one of found) {
        const finding = { check: name, ...one };
        findings.push(finding);
        tell(finding);
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    await examination.close();
  }
  return findings;
}

/** It answered before. */
function lostPodman(error: unknown): Found[] {
  if (error instanceof EngineError) {
    return [bad(failureText(error.failure), "Podman broke off meanwhile: journalctl -u podman says why.")];
  }
  throw error;
}
