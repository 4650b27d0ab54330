/** `doctor`: looks at everything a runner needs, changes nothing, and says what to do. 0 ok, 1 degraded, 2 no gateway. */
import { type Finding, runChecks } from "../doctor.ts";
import type { Command } from "./command.ts";

export async function doctor(command: Command): Promise<number> {
  const findings = await runChecks(command);
  if (command.flags.json === true) {
    console.log(JSON.stringify(findings, null, 2));
  } else {
    console.log(findings.map(line).join("\n"));
  }
  const bad = findings.filter(({ ok }) => !ok);
  if (bad.some(({ check }) => ["gateway", "enrolled", "line"].includes(check))) {
    return 2;
  }
  return bad.length === 0 ? 0 : 1;
}

function line({ ok, check, found, advice }: Finding): string {
  if (advice === "") {
    return `ok    ${check}: ${found}`;
  }
  return `${ok ? "note " : "FAIL "} ${check}: ${found}\n      ${advice}`;
}
