/** `enroll`: 0 enrolled, 1 refused or unreachable, 2 usage. */
import { EnrollmentError, enroll } from "../enrollment.ts";
import { UsageError } from "../usage-error.ts";
import type { Command } from "./command.ts";

export async function enrollRunner({ stateDir, flags }: Command): Promise<number> {
  const { gateway, code, replace } = flags;
  if (typeof gateway !== "string" || typeof code !== "string" || gateway === "" || code === "") {
    throw new UsageError("enroll needs --gateway URL and --code CODE");
  }
  try {
    const { id, name } = await enroll({ gateway, code, stateDir, replace: replace === true });
    console.log(`enrolled as ${name} (${id}); next: ucloud-runner start --state-dir ${stateDir}`);
    return 0;
  } catch (error) {
    if (error instanceof EnrollmentError) {
      console.error(error.message);
      return 1;
    }
    throw error;
  }
}
