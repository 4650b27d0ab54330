/** Whether somebody is enrolled in the state folder. */
import { isEnrolled } from "../identity.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good } from "./finding.ts";

export async function checkEnrolled(examination: Examination): Promise<Found[]> {
  const identity = examination.identity();
  if (typeof identity === "object") {
    return [good(identity.runner.name)];
  }
  const verb = isEnrolled(examination.command.stateDir) ? "enroll --replace" : "enroll";
  return [bad(identity, `Ask for a code (POST /admin/enrollments), then: ucloud-runner ${verb}`)];
}
