/** A user watches a job's output while it runs. */
import { ucloudJob } from "../../../test/support/batch-job.ts";
import { Follower } from "../../../test/support/simulated-ucloud/follower.ts";
import { script, UNTIL_TOLD } from "../../../test/support/site-job.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const CLOSED_IN_ORDER = 1000;

export const FOLLOW: Story = {
  name: "follow",
  about: "a user watches a job's output: from the first byte, live, stdout and stderr apart, to its end",
  title: "A user watches a job",
  end: "Every line came, in order and once, and the stream ended with the job.",
  stage: async () => SMALL_SITE,
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  await setTheStage(stage);
  const [, , untilTold] = UNTIL_TOLD;
  const job = await site.job({ argv: script(`echo first; echo careful >&2; ${untilTold}; echo last`) });
  narrator.step("A user submits a program that writes two lines, waits for a sign, and writes a third.");
  await tellState(stage, job, "RUNNING");

  const { ucloud, gateway } = site;
  const token = await ucloud.tokens.core();
  const viewer = await Follower.open({
    ...{ gatewayUrl: gateway.url, providerId: ucloud.providerId, token, era: "today" },
  });
  viewer.follow(ucloudJob(job.request));
  narrator.step(
    "The user opens the job's page: UCloud dials a socket to the gateway, and the runner dials one out to it.",
  );
  await viewer.shows("the first lines", ({ stdout, stderr }) => stdout === "first\n" && stderr === "careful\n");
  narrator.step("What was written before is there, stdout and stderr apart:");
  narrator.detail(`stdout ${viewer.stdout.trim()}`, `stderr ${viewer.stderr.trim()}`);

  job.end();
  await tellState(stage, job, "SUCCESS", "FAILURE");
  mustBe("the socket's end", await viewer.closed, CLOSED_IN_ORDER);
  narrator.step("The last line came before the stream's end:");
  narrator.detail(...viewer.stdout.trim().split("\n"));
  mustBe("the output at the viewer", [viewer.stdout, viewer.stderr], ["first\nlast\n", "careful\n"]);
  nothingWasWrong(stage);
}
