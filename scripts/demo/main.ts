/**
 * The demo: one job, from UCloud through the gateway to a container on this machine and back, everything real but UCloud
 * itself. Ends with 0 only if all of it happened.
 */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { UcloudJob } from "../../test/support/simulated-ucloud/job-book.ts";
import { ADMIN_TOKEN, CATEGORY, Site } from "../../test/support/site.ts";
import { seeContainer, seeOutput } from "./machine.ts";
import { ARGV, CREATE_ANSWER, CREATE_REQUEST, mustBe, PRODUCTS, UPDATES } from "./seed-job.ts";
import { Story } from "./story.ts";

const CONTAINER_LOOK_MS = 50;

const story = new Story();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => interrupted.abort(new Error("interrupted")));
}

async function play(site: Site): Promise<void> {
  const { ucloud, gateway } = site;
  story.step("UCloud (simulated) runs. It signs its calls with a key of its own; the provider is called `ucloud`.");
  story.detail(ucloud.url);
  story.step("The gateway runs: the Cloudflare Worker of this project in workerd, with its state in a folder.");
  story.detail(gateway.url);

  const runner = await site.runner("node-1");
  story.step("A runner was enrolled with a one-time code. It made a key; only the public half left the machine.");
  await runner.start();
  story.step("The runner dialled out to the gateway and was welcomed. It offers this machine's room to jobs.");

  const products = await ucloud.call("GET", "jobs/retrieveProducts");
  mustBe("status of retrieveProducts", products.status, 200);
  story.step("UCloud asked the gateway which machines it offers.");
  story.detail(JSON.stringify(products.body));

  const answer = await ucloud.create(CREATE_REQUEST);
  story.step(
    `UCloud posted the page's job: ${CREATE_REQUEST.length} bytes to /ucloud/ucloud/jobs. The gateway answered:`,
  );
  story.detail(`${answer.status} ${JSON.stringify(answer.body)}`);
  mustBe("the create's answer", answer, { status: 200, body: CREATE_ANSWER });
  await watch(site, runner.stateDir);
}

async function watch(site: Site, stateDir: string): Promise<void> {
  const { book } = site.ucloud;
  const [job] = [...book.jobs.values()];
  if (job === undefined) {
    throw new Error("UCloud has no job");
  }
  const container = await seeContainer(site.podman.socketPath, CONTAINER_LOOK_MS);
  story.step("The runner pulled nothing (the image is here), was granted the start and started the container:");
  story.detail(`image  ${container.image}`, `argv   ${JSON.stringify(container.argv)}`, `limits ${container.limits}`);
  mustBe("the container's argv", container.argv, ARGV);

  await tellUpdates(job, site);
  const output = await seeOutput(stateDir);
  story.step("The program's output, as it lies on this machine:");
  story.detail(...output);
  mustBe("the program's output", output, ARGV.slice(1));
  mustBe("complaints of UCloud", book.violations, []);
}

/** Both updates, as UCloud stored them: id, state and status to the letter. */
async function tellUpdates(job: UcloudJob, { ucloud }: Site): Promise<void> {
  for (const [index, { id, update }] of UPDATES.entries()) {
    const seen = await ucloud.book.until(() => job.updates[index] ?? null, `update ${index + 1}`);
    story.step(`UCloud was told, by a call signed as the provider: ${seen.state}`);
    story.detail(`id ${job.id}: ${seen.status}`);
    const { state, status } = update;
    mustBe(`update ${index + 1}`, { id: job.id, ...seen }, { id, state, status });
  }
}

async function keep(site: Site): Promise<void> {
  story.title("Everything keeps running until Ctrl-C");
  story.detail(
    `jobs:    curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/jobs`,
    `runners: curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/runners`,
    `a code for another runner of category ${CATEGORY}:`,
    `         curl -H 'Authorization: Bearer ${ADMIN_TOKEN}' ${site.gateway.url}/admin/enrollments \\`,
    `              -d '{"name":"node-2","categories":["${CATEGORY}"]}'`,
    `podman:  podman --url unix://${site.podman.socketPath} ps --all`,
    `state:   ${site.folder}`,
  );
  const idle = pause(2 ** 31 - 1, undefined, { signal: interrupted.signal }).catch(() => {});
  await idle;
}

async function main(): Promise<number> {
  story.title("A UCloud job at the edge");
  const site = await Site.start({ products: PRODUCTS });
  try {
    const stopped = once(interrupted.signal, "abort").then(() => Promise.reject(interrupted.signal.reason));
    await Promise.race([play(site), stopped]);
    story.end("All of it happened, to the letter.");
    if (process.argv.includes("--keep")) {
      await keep(site);
    }
    return 0;
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await site.stop();
  }
}

process.exit(await main());
