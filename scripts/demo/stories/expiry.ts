/** A program that would run for ever has three seconds. */
import { hasNoContainer } from "../../../test/support/podman-containers.ts";
import { COUNTING } from "../../../test/support/site-job.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const SECONDS = 3;

export const EXPIRY: Story = {
  name: "expiry",
  about: "a job that takes longer than its time is stopped, and UCloud is told EXPIRED",
  title: "A job runs out of time",
  end: "It had its time, not more, and nothing of it is left running.",
  stage: async () => SMALL_SITE,
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  await setTheStage(stage);
  const job = await site.job({ argv: COUNTING, timeAllocation: { hours: 0, minutes: 0, seconds: SECONDS } });
  narrator.step(`A user submits a program that counts for ever, and gives it ${SECONDS} seconds.`);
  await tellState(stage, job, "RUNNING");
  await job.counts(1);
  narrator.step("The program counts. The machine keeps its time; the gateway is not needed for that.");
  await tellState(stage, job, "EXPIRED", "SUCCESS", "FAILURE");
  mustBe("the states", job.states(), ["RUNNING", "EXPIRED"]);
  mustBe("the text", job.lastText(), `The job has used up its time and was stopped; it ran for ${SECONDS} seconds.`);
  await hasNoContainer(site.podman, job.id);
  narrator.step(`The program had counted to ${job.count()}. Its container is gone.`);
  nothingWasWrong(stage);
}
