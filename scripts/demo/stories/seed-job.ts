/** The job of UCloud's developer guide, from UCloud through the gateway to a container on this machine and back. */
import type { UcloudJob } from "../../../test/support/simulated-ucloud/job-book.ts";
import { seeContainer, seeOutput } from "../machine.ts";
import { ARGV, CREATE_ANSWER, CREATE_REQUEST, PRODUCTS, UPDATES } from "../page.ts";
import { mustBe, nothingWasWrong, type Stage, type Story } from "../story.ts";

const CONTAINER_LOOK_MS = 50;

export const SEED_JOB: Story = {
  name: "seed-job",
  about: "the batch job of UCloud's documentation, to the letter (played when no story is named)",
  title: "A UCloud job at the edge",
  end: "All of it happened, to the letter.",
  stage: async () => ({ products: PRODUCTS }),
  play,
};

async function play(stage: Stage): Promise<void> {
  const { site, narrator } = stage;
  const { ucloud, gateway } = site;
  narrator.step("UCloud (simulated) runs. It signs its calls with a key of its own; the provider is called `ucloud`.");
  narrator.detail(ucloud.url);
  narrator.step("The gateway runs: the Cloudflare Worker of this project in workerd, with its state in a folder.");
  narrator.detail(gateway.url);

  const runner = await site.runner("node-1");
  narrator.step("A runner was enrolled with a one-time code. It made a key; only the public half left the machine.");
  await runner.start();
  narrator.step("The runner dialled out to the gateway and was welcomed. It offers this machine's room to jobs.");

  const products = await ucloud.call("GET", "jobs/retrieveProducts");
  mustBe("status of retrieveProducts", products.status, 200);
  narrator.step("UCloud asked the gateway which machines it offers.");
  narrator.detail(JSON.stringify(products.body));

  const answer = await ucloud.create(CREATE_REQUEST);
  narrator.step(
    `UCloud posted the page's job: ${CREATE_REQUEST.length} bytes to /ucloud/ucloud/jobs. The gateway answered:`,
  );
  narrator.detail(`${answer.status} ${JSON.stringify(answer.body)}`);
  mustBe("the create's answer", answer, { status: 200, body: CREATE_ANSWER });
  await watch(stage, runner.stateDir);
}

async function watch(stage: Stage, stateDir: string): Promise<void> {
  const { site, narrator } = stage;
  const [job] = [...site.ucloud.book.jobs.values()];
  if (job === undefined) {
    throw new Error("UCloud has no job");
  }
  const container = await seeContainer(site.podman.socketPath, CONTAINER_LOOK_MS);
  narrator.step("The runner pulled nothing (the image is here), was granted the start and started the container:");
  narrator.detail(
    `image  ${container.image}`,
    `argv   ${JSON.stringify(container.argv)}`,
    `limits ${container.limits}`,
  );
  mustBe("the container's argv", container.argv, ARGV);

  await tellUpdates(stage, job);
  const output = await seeOutput(stateDir);
  narrator.step("The program's output, as it lies on this machine:");
  narrator.detail(...output);
  mustBe("the program's output", output, ARGV.slice(1));
  nothingWasWrong(stage);
}

/** Both updates, as UCloud stored them: id, state and status to the letter. */
async function tellUpdates({ site, narrator }: Stage, job: UcloudJob): Promise<void> {
  for (const [index, { id, update }] of UPDATES.entries()) {
    const seen = await site.ucloud.book.until(() => job.updates[index] ?? null, `update ${index + 1}`);
    narrator.step(`UCloud was told, by a call signed as the provider: ${seen.state}`);
    narrator.detail(`id ${job.id}: ${seen.status}`);
    const { state, status } = update;
    mustBe(`update ${index + 1}`, { id: job.id, ...seen }, { id, state, status });
  }
}
