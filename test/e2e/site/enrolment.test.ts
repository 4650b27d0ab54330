/** Enrolment and identity as an operator meets them: the commands, their exit codes, one key on two machines, a proxy. */
import { generateKeyPairSync } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { ucloudJob } from "../../support/batch-job.ts";
import { bare } from "../../support/gateway-host.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { Follower } from "../../support/simulated-ucloud/follower.ts";
import { CATEGORY, SHORT_TIMES, Site } from "../../support/site.ts";
import { type SiteJob, script, UNTIL_TOLD } from "../../support/site-job.ts";
import { ConnectProxy } from "../../support/way-out/connect-proxy.ts";
import { PrivateAuthority } from "../../support/way-out/private-authority.ts";

const site = sharedSite();
/** A second gateway is started. */
const LONG = { timeout: 180_000 };
const codeSchema = z.object({ code: z.string() });

test("a folder that is enrolled is enrolled again only when asked to be replaced", async () => {
  const runner = await site().runner("twice");
  const id = await site().admin.runnerId("twice");
  const again = await enroll(runner, await newCode("twice"));
  expect(again.code).toBe(2);
  expect(again.lines.join("\n")).toContain("--replace");

  const replaced = await enroll(runner, await newCode("twice"), "--replace");
  expect(replaced.code).toBe(0);
  expect(await site().admin.runnerId("twice")).toBe(id);
  await runner.start();
  await runner.kill();
});

test("a code works once", async () => {
  const code = await newCode("once");
  expect((await enroll(site().newRunner("once"), code)).code).toBe(0);
  const second = await enroll(site().newRunner("once-more"), code);
  expect(second.code).toBe(1);
  expect(second.lines.join("\n")).not.toContain(code);
});

test("one code is for many machines, and takes over none that works", async () => {
  const given = { namePattern: "rack-*", uses: 3, categories: [CATEGORY] };
  const code = codeSchema.parse((await site().admin.post("/admin/enrollments", given)).body).code;
  const [first, second] = [site().newRunner("rack-1"), site().newRunner("rack-2")];
  expect((await enroll(first, code, "--name", "rack-1")).code).toBe(0);
  expect((await enroll(second, code, "--name", "rack-2")).code).toBe(0);
  await first.start();
  const thief = await enroll(site().newRunner("thief"), code, "--name", "rack-1");
  expect([thief.code, thief.lines.join()]).toEqual([1, expect.stringContaining("is at work")]);

  const id = await site().admin.runnerId("rack-2");
  expect((await enroll(second, code, "--name", "rack-2", "--replace")).code).toBe(0);
  expect(await site().admin.runnerId("rack-2")).toBe(id);
  await first.kill();
});

test("a key that is brought along is an identity, says so as often as it is asked, and leaves with a goodbye", async () => {
  const runner = site().newRunner("brought");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const file = join(site().folder, "brought.pem");
  writeFileSync(file, privateKey, { mode: 0o600 });
  const byKey = () => runner.run("enroll", "--gateway", site().gateway.url, "--key", file, "--name", "brought");
  expect(await byKey()).toMatchObject({ code: 1, lines: [expect.stringContaining("No runner is registered")] });
  await site().admin.post("/admin/enrollments", { name: "brought", categories: [CATEGORY], publicKey });
  expect(await byKey()).toMatchObject({ code: 0, lines: [expect.stringContaining("enrolled as brought")] });
  expect(await byKey()).toMatchObject({ code: 0, lines: [expect.stringContaining("is enrolled already")] });

  await runner.start();
  expect(await runner.run("remove")).toMatchObject({ code: 1, lines: [expect.stringContaining("drain it, stop it")] });
  await runner.terminate();
  expect((await runner.run("remove")).code).toBe(0);
  await expect(site().admin.runnerId("brought")).rejects.toThrow();
  expect(await runner.run("remove")).toMatchObject({ code: 2, lines: [expect.stringContaining("is not enrolled")] });
});

test("a gateway that is not there and a flag that is missing are told apart", async () => {
  const runner = site().newRunner("nowhere");
  expect((await runner.run("enroll", "--gateway", "http://127.0.0.1:1", "--code", "x")).code).toBe(1);
  expect((await runner.run("enroll", "--code", "x")).code).toBe(2);
});

test("a new key closes the old one's line", async () => {
  const runner = await site().runner("rekeyed");
  await runner.start();
  const copy = site().newRunner("rekeyed-copy");
  expect((await enroll(copy, await newCode("rekeyed"))).code).toBe(0);
  await runner.child.line((line) => line.includes('"msg":"connect.refused"') && line.includes('"status":401'));
  await copy.start();
  await Promise.all([runner.kill(), copy.kill()]);
});

test("status tells by its exit code whether the runner is connected", async () => {
  const runner = await site().runner("shown");
  expect((await runner.run("status")).code).toBe(2);
  await runner.start();
  await runner.child.line((line) => line.includes('"msg":"podman.state"') && line.includes('"state":"up"'));
  const shown = await runner.run("status");
  expect(shown.code).toBe(0);
  expect(shown.lines.join("\n")).toContain(`${CATEGORY}: connected`);
  await runner.kill();
  expect((await runner.run("status")).code).toBe(2);
});

test("a second runner on the same folder does not start", async () => {
  const runner = await site().runner("locked");
  await runner.start();
  const second = await runner.run("start");
  expect(second.code).toBe(1);
  expect(second.lines.join("\n")).toContain("another runner works in");
  await runner.kill();
  await runner.start();
  await runner.kill();
});

test("a cloned machine is refused while the first one lives, and takes over when it is dead", async () => {
  const first = await site().runner("cloned");
  await first.start();
  const clone = site().newRunner("clone");
  cpSync(first.stateDir, clone.stateDir, { recursive: true, filter: (path) => !/\.sock$|lock\.db/.test(path) });
  clone.launch();
  // Said once it is certain that this is no reconnect that crossed itself.
  await clone.child.line((line) => line.includes('"msg":"identity.used_elsewhere"'));
  expect(clone.lines.some((line) => line.includes('"msg":"welcome"'))).toBe(false);
  expect((await clone.run("status")).code).toBe(2);
  expect((await first.run("status")).code).not.toBe(2);

  await clone.kill();
  clone.launch();
  await clone.child.line((line) => line.includes('"why":"other-instance"'));
  await first.kill();
  await clone.welcome();
  await clone.kill();
});

test("one machine works for two environments, and neither touches what is the other's", LONG, async () => {
  const [first, second] = [site(), await Site.start({ times: SHORT_TIMES, beside: site(), host: bare })];
  onTestFinished(() => second.stop());
  // Names, ids of jobs and machine types are the same in both.
  const flags = ["--cpu", "2"];
  const runners = [await first.runner("shared", { flags }), await second.runner("shared", { flags })] as const;
  await Promise.all(runners.map((runner) => runner.start()));
  const id = first.newJob().id;
  const jobs = [await first.job({ id, argv: UNTIL_TOLD }), await second.job({ id, argv: UNTIL_TOLD })] as const;
  await Promise.all(jobs.map((job) => job.reaches("RUNNING")));

  await runners[0].kill();
  await runners[0].start();
  await runners[0].child.line((line) => line.includes('"msg":"podman.state"') && line.includes('"state":"up"'));
  const { code, lines } = await runners[0].run("status");
  expect([code, lines.filter((line) => line.startsWith("job ")).length]).toEqual([0, 1]);
  expect(lines).toContainEqual(expect.stringContaining(`foreign container, counted as used: ucloud-${id}-`));
  expect((await runners[0].run("clean", "--yes", "--running")).lines.join("\n")).toContain("kept");

  await endsAlone(jobs[0], jobs[1]);
  await endsAlone(jobs[1], jobs[0]);
  expect(jobs.map((job) => job.starts())).toEqual([1, 1]);
  await Promise.all(runners.map((runner) => runner.kill()));
});

async function endsAlone(job: SiteJob, other: SiteJob): Promise<void> {
  const before = other.states();
  job.end();
  await job.reaches("SUCCESS");
  expect(other.states()).toEqual(before);
}

test("behind a proxy with a password, and an authority of the site's, it enrols, works and shows its logs", async () => {
  const { flags, proxy } = await aProxySite("user:pass@word");
  const runner = site().newRunner("inside", { flags });
  const gateway = ["--gateway", "https://gateway.test:8443"];
  proxy.credentials = "user:another";
  const refused = await runner.run("enroll", ...gateway, "--code", "x");
  expect([refused.code, refused.lines.join()]).toEqual([1, expect.stringContaining("wants other credentials (407)")]);
  proxy.credentials = "user:pass@word";
  await runner.enroll("https://gateway.test:8443", await newCode("inside"));
  await runner.start();
  const job = await site().job({ argv: script("echo hello; until [ -e /work/end ]; do sleep 0.02; done") });
  const { ucloud } = site();
  const token = await ucloud.tokens.core();
  const viewer = await Follower.open({
    gatewayUrl: site().gateway.url,
    providerId: ucloud.providerId,
    token,
    era: "today",
  });
  viewer.follow(ucloudJob(job.request), "ignored");
  await viewer.shows("the first line", ({ stdout }) => stdout === "hello\n");
  const shown = await runner.run("status", "--json");
  job.end();
  await job.reaches("SUCCESS");
  // Two enrolments, the line, the relay.
  expect(proxy.asked).toEqual(Array(4).fill("gateway.test:8443"));
  const commandLine = readFileSync(`/proc/${runner.child.pid}/cmdline`, "utf8");
  expect([...runner.lines, ...shown.lines, commandLine].join()).not.toMatch(/pass|word|Basic/);
  await runner.kill();
});

/** Nobody but the proxy finds the gateway, and nobody but who is told believes it. */
async function aProxySite(credentials: string): Promise<{ flags: string[]; proxy: ConnectProxy }> {
  const authority = new PrivateAuthority();
  const proxy = await ConnectProxy.start();
  onTestFinished(async () => {
    await proxy.stop();
    authority.close();
  });
  const port = Number(new URL(site().gateway.url).port);
  proxy.routes.set("gateway.test:8443", await authority.front("gateway.test", port));
  const file = join(site().folder, "proxy-auth");
  writeFileSync(file, `${credentials}\n`, { mode: 0o600 });
  return { flags: ["--proxy", proxy.url, "--proxy-auth-file", file, "--ca-file", authority.file], proxy };
}

function newCode(name: string): Promise<string> {
  return site().admin.enrollmentCode(name, [CATEGORY]);
}

function enroll(runner: RunnerProcess, code: string, ...flags: string[]) {
  return runner.run("enroll", "--gateway", site().gateway.url, "--code", code, ...flags);
}
