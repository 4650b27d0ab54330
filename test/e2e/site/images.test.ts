/** Images on a whole site: a name that has come to mean another image, and a name that the site does not allow. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importTestImage } from "../../support/podman-service.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";
import { buildTestImage } from "../../support/test-image.ts";

const FORBIDDEN = "localhost/other/tool:1";

let registry: SlowRegistry;

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  return { insecureRegistry: registry.host };
});

beforeAll(async () => {
  await importTestImage(site().podman, FORBIDDEN);
  await (await site().runner("node-1", { flags: ["--images", `${registry.host}/*,acme/*`] })).start();
});

afterAll(() => registry.stop());

async function finished(image: string): Promise<SiteJob> {
  const job = await site().job({ argv: script("cp /etc/edition /work/edition"), image });
  await job.reaches("SUCCESS");
  return job;
}

const editions = (job: SiteJob): string[] =>
  job.workFolders().map((work) => readFileSync(join(work, "edition"), "utf8").trim());

test("the second job gets what `latest` means by then, and both say which image ran", async () => {
  const image = `${registry.host}/acme/app`;
  const first = await finished(image);
  expect(editions(first)).toEqual(["first"]);
  expect(await timelineOf(first)).toContain(registry.digest);
  registry.publish(await buildTestImage("second"));
  const second = await finished(image);
  expect(editions(second)).toEqual(["second"]);
  expect(await timelineOf(second)).toContain(registry.digest);
});

test("an image that the site does not allow is refused although the machine has it", async () => {
  const job = await site().job({ argv: script("true"), image: FORBIDDEN });
  await job.reaches("FAILURE");
  expect(job.states()).toEqual(["FAILURE"]);
  expect(job.lastText()).toBe(`The site does not allow this image (${FORBIDDEN}).`);
  expect(job.starts()).toBe(0);
});

async function timelineOf({ id }: SiteJob): Promise<string> {
  return JSON.stringify((await site().admin.get(`/admin/jobs/${id}`)).body);
}
