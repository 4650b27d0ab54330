/** The page's job, to the letter, through every real part. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wrangler } from "../../support/gateway-host.ts";
import { Site } from "../../support/site.ts";

const SEED = readFileSync(new URL("../../data/create-request.json", import.meta.url), "utf8");

let site: Site;

beforeAll(async () => {
  site = await Site.start({ host: wrangler });
});

afterAll(async () => {
  await site.stop();
});

test("the seed's job runs and UCloud hears RUNNING and SUCCESS in the page's words", async () => {
  const runner = await site.runner("node-1");
  await runner.start();

  const answer = await site.ucloud.create(SEED);
  expect(answer).toEqual({ status: 200, body: { responses: [null] } });

  const [job] = [...site.ucloud.book.jobs.values()];
  await site.ucloud.book.reaches(job?.id ?? "", "SUCCESS");
  expect(job?.updates).toEqual([
    { state: "RUNNING", status: "The job is now running!" },
    { state: "SUCCESS", status: "The job has finished processing!" },
  ]);
  expect(site.ucloud.book.violations).toEqual([]);
});
