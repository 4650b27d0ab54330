/** `doctor`: tries everything a runner needs, changes nothing, and says what to do. 0 ok, 1 degraded, 2 no gateway. */
import { exitCodeOf, runChecks } from "../doctor/checks.ts";
import type { Finding } from "../doctor/finding.ts";
import type { Command } from "./command.ts";

export async function doctor(command: Command): Promise<number> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  // What was made for a look goes before the process does; a second signal ends it at once.
  process.once("SIGINT", end).once("SIGTERM", end);
  const isJson = command.flags.json === true;
  const findings = await runChecks(command, stop.signal, isJson ? undefined : (finding) => console.log(line(finding)));
  process.off("SIGINT", end).off("SIGTERM", end);
  if (isJson) {
    console.log(JSON.stringify(findings, null, 2));
  }
  // What was not tried may be what is wrong.
  return stop.signal.aborted ? Math.max(1, exitCodeOf(findings)) : exitCodeOf(findings);
}

function line({ ok, check, found, advice, skipped }: Finding): string {
  const mark = skipped ? "skip" : ok ? (advice === "" ? "ok" : "note") : "FAIL";
  return `${mark.padEnd(5)} ${check}: ${found}${advice === "" ? "" : `\n      ${advice}`}`;
}
