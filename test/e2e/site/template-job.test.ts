/** Today's UCloud: an application whose command is a Jinja template, through every real part. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Site } from "../../support/site.ts";
import { recordedRequest, withFields } from "../../support/ucloud-requests.ts";

let site: Site;

beforeAll(async () => {
  site = await Site.start();
  const runner = await site.runner("node-1");
  await runner.start();
});
afterAll(() => site.stop());

const body = (changes: Record<string, unknown> = {}) =>
  JSON.stringify(withFields(recordedRequest("create-request-jinja-app.json"), changes));

/** What the program printed, without the log's own columns. */
function printed(jobId: string): string[] {
  const jobs = join(site.folder, "node-1", "jobs");
  const [folder = ""] = readdirSync(jobs).filter((name) => name.startsWith(`${jobId}-`));
  const log = readFileSync(join(jobs, folder, "output-1-0.log"), "utf8");
  return log.split("\n").flatMap((line) => line.match(/ stdout [FP] (.*)$/)?.slice(1) ?? []);
}

test("the recorded job runs with the arguments that its template makes", async () => {
  expect(await site.ucloud.create(body())).toEqual({ status: 200, body: { responses: [null] } });
  const job = await site.ucloud.book.reaches("4", "SUCCESS", "FAILURE");
  expect(job.updates).toEqual([
    { state: "RUNNING", status: "The job is now running!" },
    { state: "SUCCESS", status: "The job has finished processing!" },
  ]);
  expect(printed("4")).toEqual(["--debug", "--count", "5", "Hello, 'World'!"]);
  expect(site.ucloud.book.violations).toEqual([]);
});

test("a template that fails is told with its line, and no value", async () => {
  const template = "items.0.status.resolvedApplication.invocation.invocation.0.template";
  const value = "items.0.specification.parameters.value.value";
  const changes = { "items.0.id": "5", [template]: "acme-batch\n{{ value + 1 }}", [value]: "s3cr3t" };
  expect((await site.ucloud.create(body(changes))).status).toBe(200);
  const job = await site.ucloud.book.reaches("5", "SUCCESS", "FAILURE");
  expect(job.state).toBe("FAILURE");
  const last = job.updates.at(-1)?.status;
  expect(last).toMatch(/^The job's script could not be made from the application's template \(line 2: /);
  expect(JSON.stringify(job.updates)).not.toContain("s3cr3t");
});
