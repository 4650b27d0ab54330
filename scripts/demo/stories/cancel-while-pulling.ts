/** A user thinks again while the job's image is still on its way. */
import { containersOf } from "../../../test/support/podman-containers.ts";
import { script } from "../../../test/support/site-job.ts";
import { SlowRegistry } from "../../../test/support/slow-registry.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

let registry: SlowRegistry | null = null;

export const CANCEL_WHILE_PULLING: Story = {
  name: "cancel-while-pulling",
  about: "a job is cancelled while its image is being downloaded, and never begins",
  title: "A job is cancelled while its image is on its way",
  end: "The download was given up, and the program never began.",
  async stage() {
    const slow = await SlowRegistry.start();
    registry = slow;
    return { ...SMALL_SITE, insecureRegistry: slow.host, strike: () => slow.stop() };
  },
  play,
};

async function play(stage: Stage): Promise<void> {
  if (registry === null) {
    throw new Error("there is no registry");
  }
  const { site, narrator } = stage;
  await setTheStage(stage);
  const asked = registry.hold();
  const image = `${registry.host}/acme/batch:1.0.0`;
  const job = await site.job({ argv: script("true"), image });
  narrator.step("A user submits a job whose image this machine does not have. Its registry takes its time.");
  narrator.detail(image);
  await asked;
  await job.isAtGateway("claimed");
  narrator.step("The runner has taken the job and asks the registry for the image. The job has not been started.");
  await job.terminate();
  narrator.step("The user cancels the job.");
  await tellState(stage, job, "SUCCESS", "FAILURE");
  registry.open();
  mustBe("the states", job.states(), ["SUCCESS"]);
  mustBe("the text", job.lastText(), "The job was cancelled.");

  const next = await site.job({ argv: script("true") });
  await next.reaches("SUCCESS");
  narrator.step("The machine has let go of it: the next job ran and ended.");
  mustBe("starts of the cancelled program", job.starts(), 0);
  mustBe("containers of the cancelled job", await containersOf(site.podman, job.id), []);
  nothingWasWrong(stage);
}
