/** `start`: works until it is told to stop. 0 stopped, 1 error, 2 usage, 3 revoked. */
import { uptime } from "node:os";
import { pino } from "pino";
import { Registry } from "prom-client";
import { type ControlRequest, serveControl } from "../control-socket.ts";
import { readIdentity } from "../identity.ts";
import { errorFields } from "../log.ts";
import { serveMetrics } from "../metrics.ts";
import { startRunner } from "../runner-process.ts";
import { lockStateFolder } from "../state-lock.ts";
import { REAL_TIMERS } from "../timers.ts";
import { createNotifier, isWell } from "../watchdog.ts";
import type { Command } from "./command.ts";

/** From a signal to the end. */
const EXIT_MS = 4_500;
/** In this a process that is well has noticed that a line is dead. */
const WELL_MS = 60_000;

export async function start({ stateDir, settings, podmanSocket, flags, environment }: Command): Promise<number> {
  const log = pino();
  const identity = readIdentity(stateDir);
  const lock = lockStateFolder(stateDir);
  const stop = stopSignal();
  const registry = new Registry();
  const adoptForeign = flags["adopt-foreign"] === true;
  const runner = await startRunner({ stateDir, identity, settings, podmanSocket, log, registry, adoptForeign });
  const failed = (what: string) => (error: Error) => log.error({ what, ...errorFields(error) }, "listening.failed");
  const answer = (request: ControlRequest) => {
    if (request.ask === "resume") {
      runner.drain(null);
    } else if (request.ask === "drain") {
      runner.drain(request.plan ?? "drained by its operator");
    }
    return runner.status();
  };
  const control = serveControl(stateDir, answer, failed("control.sock"));
  const port = settings["metrics-port"];
  const metrics =
    port === undefined ? null : serveMetrics(port, { registry, status: runner.status, failed: failed("metrics-port") });
  const notifier = createNotifier(environment, REAL_TIMERS);
  notifier.ready();
  const lines = () => runner.connections.map((connection) => connection.state());
  notifier.watch(() => isWell(lines(), uptime() * 1000, WELL_MS));

  const why = await Promise.race([stop, runner.revoked.then(() => "revoked" as const)]);
  log.info({ why }, "stopping");
  notifier.stopping();
  // Whatever hangs, the process is gone in time; its jobs do not need it.
  setTimeout(() => process.exit(why === "revoked" ? 3 : 0), EXIT_MS).unref();
  await runner.close().catch((error) => log.error(errorFields(error), "stop.failed"));
  control.close();
  metrics?.close();
  lock.release();
  return why === "revoked" ? 3 : 0;
}

/** Said twice, it says nothing new: without somebody who hears it, the second one would end the process in the middle. */
function stopSignal(): Promise<"signal"> {
  return new Promise((resolve) => {
    process.on("SIGTERM", () => resolve("signal"));
    process.on("SIGINT", () => resolve("signal"));
  });
}
