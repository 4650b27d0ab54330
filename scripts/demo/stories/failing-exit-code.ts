/** A program that fails says so by its exit code, and its words stay on the machine. */
import { script } from "../../../test/support/site-job.ts";
import { seeOutput } from "../machine.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const WORDS = "cannot read the patients' table";

export const FAILING_EXIT_CODE: Story = {
  name: "failing-exit-code",
  about: "a program ends with exit code 3, and UCloud is told FAILURE without a word of its output",
  title: "A program fails",
  end: "UCloud knows that it failed and how, and nothing of what it wrote.",
  stage: async () => SMALL_SITE,
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  const runner = await setTheStage(stage);
  const job = await site.job({ argv: script(`echo "${WORDS}"; exit 3`) });
  narrator.step("A user submits a program that writes a line and ends with exit code 3.");
  await tellState(stage, job, "FAILURE", "SUCCESS");
  mustBe("the states", job.states(), ["RUNNING", "FAILURE"]);
  mustBe("the text", job.lastText(), "The job ended with exit code 3.");
  const output = await seeOutput(runner.stateDir);
  narrator.step("What it wrote lies on this machine, for those who may read the job's files:");
  narrator.detail(...output);
  mustBe("the program's output", output, [WORDS]);
  const told = JSON.stringify(site.ucloud.book.jobs.get(job.id)?.updates);
  mustBe("its words at UCloud", told.includes(WORDS), false);
  mustBe("starts", job.starts(), 1);
  nothingWasWrong(stage);
}
