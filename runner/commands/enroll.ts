/** `enroll`: 0 enrolled, 1 refused or unreachable, 2 usage. */
import { setTimeout as wait } from "node:timers/promises";
import { textGiven } from "../config.ts";
import { type Enrollment, enrollByCode, enrollByKey } from "../enrollment.ts";
import { GatewayCallError } from "../gateway-call.ts";
import { UsageError } from "../usage-error.ts";
import type { Command } from "./command.ts";

export async function enrollRunner({ stateDir, flags }: Command): Promise<number> {
  const { gateway, code, key, name } = Object.fromEntries(
    ["gateway", "code", "key", "name"].map((flag) => [flag, textGiven(flag, flags, {})]),
  );
  if (gateway === undefined || (code === undefined) === (key === undefined)) {
    throw new UsageError("enroll needs --gateway URL and either --code CODE or --key FILE");
  }
  const given: Enrollment = { gateway, stateDir, replace: flags.replace === true, name, pause };
  try {
    if (key === undefined) {
      sayEnrolled(await enrollByCode({ ...given, code: code ?? "" }), stateDir);
      return 0;
    }
    const { runner, isNew } = await enrollByKey({ ...given, keyFile: key });
    if (isNew) {
      sayEnrolled(runner, stateDir);
    } else {
      console.log(`is enrolled already, as ${runner.name} (${runner.id})`);
    }
    return 0;
  } catch (error) {
    if (error instanceof GatewayCallError) {
      console.error(error.message);
      return 1;
    }
    throw error;
  }
}

function sayEnrolled({ id, name }: { id: string; name: string }, stateDir: string): void {
  console.log(`enrolled as ${name} (${id}); next: ucloud-runner start --state-dir ${stateDir}`);
}

function pause(ms: number): Promise<unknown> {
  console.error(`the gateway is asked too often from this address; again in ${Math.ceil(ms / 1000)} s`);
  return wait(ms);
}
