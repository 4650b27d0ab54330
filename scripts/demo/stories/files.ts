/** A job reads a file of a drive and writes another one there. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { script } from "../../../test/support/site-job.ts";
import { mustBe, nothingWasWrong, SMALL_SITE, type Stage, type Story, setTheStage, tellState } from "../story.ts";

const DRIVE = "7";
const TABLE = "id,weight\n1,70\n2,81\n";
/** UCloud's user, as which jobs run. */
const JOB_USER = 11042;

export const FILES: Story = {
  name: "files",
  about: "a job reads a file of a drive, which it may not change, and leaves its result in a folder of the drive",
  title: "A job works on files",
  end: "The file came in, the result came out, and what may not be written was not.",
  stage: async () => SMALL_SITE,
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  const folder = makeDrive(site.folder);
  await setTheStage(stage, { flags: ["--drives", JSON.stringify({ [DRIVE]: { folder } })] });
  narrator.detail(`The site's folder ${folder} is UCloud's drive ${DRIVE} on this runner.`);

  // The place of the file parameter is the command's last word.
  const command = 'wc -l < "$0" > /work/results/lines.txt; echo more >> "$0" || touch /work/results/refused';
  const job = await site.job({
    argv: script(command),
    fileParameters: { table: { path: `/${DRIVE}/data/table.csv`, readOnly: true } },
    files: [{ path: `/${DRIVE}/results` }],
  });
  narrator.step("A user submits a job with a file that it may only read, and a folder for what it makes:");
  narrator.detail(`/${DRIVE}/data/table.csv  becomes  /work/table.csv, read-only`);
  narrator.detail(`/${DRIVE}/results         becomes  /work/results`);
  await tellState(stage, job, "SUCCESS", "FAILURE");
  mustBe("the states", job.states(), ["RUNNING", "SUCCESS"]);

  const lines = readFileSync(join(folder, "results", "lines.txt"), "utf8").trim();
  narrator.step("The result lies in the drive: the number of lines that the job counted.");
  narrator.detail(`${join(folder, "results", "lines.txt")}: ${lines}`);
  mustBe("the lines counted", lines, "3");
  mustBe("the refusal to write", readFileSync(join(folder, "results", "refused"), "utf8"), "");
  mustBe("the table", readFileSync(join(folder, "data", "table.csv"), "utf8"), TABLE);
  narrator.step("The job also tried to write to the table. It was refused, and the table is as it was.");
  nothingWasWrong(stage);
}

/** As an operator would have it: the folder of results belongs to those who run jobs. */
function makeDrive(siteFolder: string): string {
  const folder = join(siteFolder, "drive");
  mkdirSync(join(folder, "data"), { recursive: true });
  mkdirSync(join(folder, "results"));
  writeFileSync(join(folder, "data", "table.csv"), TABLE);
  if (process.getuid?.() === 0) {
    chownSync(join(folder, "results"), JOB_USER, JOB_USER);
  }
  return folder;
}
