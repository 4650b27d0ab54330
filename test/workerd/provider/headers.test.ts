/** Headers that either UCloud sends beside its token: none of them decides anything. */
import { expect, test } from "vitest";
import { coreToken } from "../support/core-tokens.ts";
import { call, callAsCore } from "../support/gateway.ts";
import { allStoredJobs } from "../support/queues.ts";
import { aJob, bulk } from "../support/requests.ts";

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

test.each<[string, Record<string, string>]>([
  ["none", {}],
  ["a content type", { "Content-Type": "application/json; charset=utf-8" }],
  ["the content type of the documents", { "Content-Type": "content-type: application/json; charset=utf-8" }],
  ["another content type", { "Content-Type": "text/plain" }],
  ["those of 2021", { "Job-Id": "1", "Caused-By": "2", Project: "a-project" }],
  ["the name, raw", { "UCloud-Username": "user" }],
  ["the name, raw, which is base64 of something else", { "UCloud-Username": "abcd" }],
  ["the name in base64", { "UCloud-Username": base64("user") }],
  ["the name of somebody else", { "UCloud-Username": base64("Åse") }],
])("with %s a job is stored for the owner that stands in it", async (_name, headers) => {
  const response = await call("/ucloud/ucloud/jobs", { token: await coreToken(), body: bulk(aJob()), headers });
  expect([response.status, await response.text()]).toEqual([200, '{"responses":[null]}']);
  const [job, ...others] = await allStoredJobs();
  expect(JSON.parse(job?.plan ?? "{}")).toMatchObject({ workspace: "user:user", user: "user" });
  expect(others).toEqual([]);
});

test("with any name a job is ended that belongs to the owner in the call", async () => {
  await callAsCore("/jobs", bulk(aJob()));
  const headers = { "UCloud-Username": base64("somebody") };
  const token = await coreToken();
  const response = await call("/ucloud/ucloud/jobs/terminate", { token, body: bulk(aJob()), headers });
  expect(response.status).toBe(200);
  expect(await allStoredJobs()).toMatchObject([{ state: "done" }]);
});
