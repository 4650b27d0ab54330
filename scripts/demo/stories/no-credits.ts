/** A workspace uses up its allocation while a job of it runs. */
import { bulkOf } from "../../../test/support/batch-job.ts";
import { script, UNTIL_TOLD } from "../../../test/support/site-job.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const USAGE_MS = 400;
/** Who pays for the recorded job. */
const OWNER = "user";
const PLENTY = 1_000_000;

export const NO_CREDITS: Story = {
  name: "no-credits",
  about: "an allocation is used up: the user is warned, the job is stopped, new ones are refused until there is more",
  title: "A workspace uses up its allocation",
  end: "Warned, stopped, refused, and served again.",
  stage: async () => ({ ...SMALL_SITE, times: { ...SMALL_SITE.times, usageMs: USAGE_MS } }),
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  const { book, ledger } = site.ucloud;
  await setTheStage(stage);
  const job = await site.job({ argv: UNTIL_TOLD });
  await tellState(stage, job, "RUNNING");
  const minutes = await book.until(() => ledger.usedUnder(`job-${job.id}`) || null, "use of the job");
  narrator.step("The gateway reports use, as a total for each job, so that a lost report is made good by the next:");
  narrator.detail(`${minutes} core minute begun`);

  ledger.grant(OWNER, 0);
  narrator.step(
    "The workspace's allocation is used up. UCloud stops nothing by itself: it answers the next report with no.",
  );
  const line = await book.until(
    () => book.jobs.get(job.id)?.updates.find(({ status }) => status?.includes("used up")) ?? null,
    "a line about the allocation",
  );
  narrator.step("The user reads on the job's page:");
  narrator.quote(line.status ?? "");
  await tellState(stage, job, "SUCCESS", "FAILURE");
  mustBe("the end by the site", job.lastText()?.includes("cancelled by the site: the allocation"), true);
  await refusedThenServed(stage);
  nothingWasWrong(stage);
}

async function refusedThenServed({ site, narrator }: Stage): Promise<void> {
  const { book, ledger } = site.ucloud;
  const { status, body } = await site.ucloud.create(bulkOf(site.newJob({ argv: script("true") }).request));
  narrator.step("A new job of the same workspace is refused:");
  narrator.quote(`${status} ${JSON.stringify(body)}`);
  mustBe("the refusal", status, 402);

  ledger.grant(OWNER, PLENTY);
  await book.until(() => (ledger.isAskedSince(OWNER) ? true : null), "UCloud being asked again");
  const next = await site.job({ argv: script("true") });
  await next.reaches("SUCCESS");
  narrator.step("The workspace has a new allocation. The gateway had kept asking, and the next job ran and ended.");
}
