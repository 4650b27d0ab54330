/** A running job, one viewer, and its log. */
import { CoreSocket, LogEnd } from "./follow-client.ts";
import { createJob, startOffered } from "./job-life.ts";
import { aJob } from "./requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "./runner-client.ts";

export async function aFollowedJob() {
  await createJob();
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  const ref = await startOffered(line);
  const viewer = await CoreSocket.today(aJob());
  const { nonce } = await line.next("open");
  const log = await LogEnd.open(runner, { ref, nonce });
  const [stream] = await log.streams(1);
  return { runner, line, ref, viewer, nonce, log, stream: stream?.stream ?? 0 };
}
