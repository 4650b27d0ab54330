/** A whole job with planted values: none of them, and no token, is in a log line, a metric or a command line. */
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandLinesBelow } from "../../support/command-lines.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { REFRESH_TOKEN } from "../../support/simulated-ucloud/simulated-ucloud.ts";
import { ADMIN_TOKEN } from "../../support/site.ts";
import { recordedRequest, withFields } from "../../support/ucloud-requests.ts";

const site = sharedSite();

const PLANTED = "hunter2";
const APPLICATION = "items.0.status.resolvedApplication.invocation";
const LOOK_MS = 20;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Everything that the runner's processes are called with, from now on. */
function watchCommandLines(pid: number): Set<string> {
  const seen = new Set<string>();
  const look = setInterval(() => {
    for (const line of commandLinesBelow(pid)) {
      seen.add(line);
    }
  }, LOOK_MS);
  onTestFinished(() => clearInterval(look));
  return seen;
}

async function textOf(url: string, token: string | null = null): Promise<string> {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  return (await fetch(url, { headers })).text();
}

test("a job with a template leaves nothing of its user, and no token, where others look", async () => {
  const port = await freePort();
  const runner = site().newRunner("node-1", { flags: ["--metrics-port", `${port}`] });
  const code = await site().admin.enrollmentCode("node-1", ["example-compute"]);
  await runner.enroll(site().gateway.url, code);
  await runner.start();
  const commandLines = watchCommandLines(runner.child.pid);
  const request = withFields(recordedRequest("create-request-jinja-app.json"), {
    "items.0.specification.parameters.value.value": `${PLANTED}-value`,
    [`${APPLICATION}.environment`]: { SECRET: { type: "word", word: `${PLANTED}-variable` } },
  });
  expect((await site().ucloud.create(JSON.stringify(request))).status).toBe(200);
  expect((await site().ucloud.book.reaches("4", "SUCCESS", "FAILURE")).state).toBe("SUCCESS");
  await runner.child.line((line) => line.includes('"msg":"attempt.ended"'));
  await eventually("the gateway's event of the end", () =>
    site().gateway.lines.some((line) => line.includes('"event":"job_ended"')) ? true : null,
  );

  const metrics = [
    await textOf(`http://127.0.0.1:${port}/metrics`),
    await textOf(`${site().gateway.url}/admin/metrics`, ADMIN_TOKEN),
  ];
  expect(metrics[0]).toContain('ucloud_runner_podman_call_duration_seconds_count{call="start",outcome="ok"} 1');
  expect(metrics[1]).toContain("ucloud_gateway_enrolled_runners 1");
  const wrong = withFields(request, { "items.0.id": "5", "items.0.specification.product.id": PLANTED });
  const refused = await site().ucloud.create(JSON.stringify(wrong));
  expect(refused.status).toBe(400);
  const account = readFileSync(join(runner.stateDir, "accounting.jsonl"), "utf8");
  // The first line of the key itself, whatever is around it.
  const key = /"privateKey":\s*"-----[^"]*?-----\\n([^"\\]+)/.exec(
    readFileSync(join(runner.stateDir, "identity.json"), "utf8"),
  )?.[1];
  expect(JSON.parse(account)).toMatchObject({ job: "4", exitCode: 0, cause: "exit" });
  expect(statSync(join(runner.stateDir, "accounting.jsonl")).mode & 0o777).toBe(0o600);

  expect(commandLines.size).toBeGreaterThan(1);
  expect(key?.length).toBeGreaterThan(40);
  const sources = {
    gateway: site().gateway.lines.join("\n"),
    runner: runner.lines.join("\n"),
    metrics: metrics.join("\n"),
    answer: JSON.stringify(refused.body),
    account,
    commandLines: [...commandLines].join("\n"),
  };
  const secrets = { PLANTED, ADMIN_TOKEN, REFRESH_TOKEN, code, key: key ?? "", output: "Hello, 'World'" };
  const found = Object.entries(sources).flatMap(([where, text]) =>
    Object.entries(secrets).flatMap(([what, secret]) => (text.includes(secret) ? [`${what} in ${where}`] : [])),
  );
  expect(found).toEqual([]);
});
