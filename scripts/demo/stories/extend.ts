/** A job that would run out of time is given more, and comes to its own end. */
import { script } from "../../../test/support/site-job.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const SECONDS = 3;
const NEEDED = 5;
const MORE = 57;
/** UCloud counts in whole minutes. */
const TOTAL_MS = (SECONDS + MORE) * 1000;

export const EXTEND: Story = {
  name: "extend",
  about: "a running job is given more time, and runs on past its first limit",
  title: "A job is given more time",
  end: "The first limit passed unheeded, and the job came to its own end.",
  stage: async () => SMALL_SITE,
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  await setTheStage(stage);
  const job = await site.job({
    argv: script(`sleep ${NEEDED}`),
    timeAllocation: { hours: 0, minutes: 0, seconds: SECONDS },
  });
  narrator.step(`A user submits a program that needs ${NEEDED} seconds, and gives it ${SECONDS}.`);
  await tellState(stage, job, "RUNNING");
  const startedMs = Date.now();
  await job.extend(MORE);
  await job.extend(MORE);
  narrator.step(`The user asks for ${MORE} seconds more. UCloud's call comes twice, as calls do that were lost.`);
  await site.ucloud.book.until(() => job.timeAtUcloud(), "the new time");
  narrator.step("The machine has taken the new limit, and only then UCloud was told of it:");
  narrator.detail(`${(job.timeAtUcloud() ?? 0) / 1000} seconds in all`);
  mustBe("the time at UCloud in ms", job.timeAtUcloud(), TOTAL_MS);
  await tellState(stage, job, "SUCCESS", "EXPIRED", "FAILURE");
  const ranS = (Date.now() - startedMs) / 1000;
  narrator.step(`It ran for about ${ranS.toFixed(1)} seconds.`);
  mustBe("running on past the first limit", ranS > SECONDS, true);
  mustBe("the states", job.states(), ["RUNNING", "SUCCESS"]);
  nothingWasWrong(stage);
}
