/**
 * Images on a whole site: a name that has come to mean another image, a name that the site does not allow, and a registry
 * behind a proxy of Podman's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importTestImage } from "../../support/podman-service.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";
import { buildTestImage } from "../../support/test-image.ts";
import { ConnectProxy } from "../../support/way-out/connect-proxy.ts";
import { PrivateAuthority } from "../../support/way-out/private-authority.ts";

const FORBIDDEN = "localhost/other/tool:1";
/** A registry that only the proxy finds, with a certificate that only this Podman believes. */
const DISTANT = "registry.test:8443";

let registry: SlowRegistry;
let proxy: ConnectProxy;
const authority = new PrivateAuthority();

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  proxy = await ConnectProxy.start();
  proxy.credentials = "podman:pass@word";
  proxy.routes.set(DISTANT, await authority.front("registry.test", Number(registry.host.split(":")[1])));
  const podmanEnvironment = {
    HTTPS_PROXY: `http://podman:pass%40word@127.0.0.1:${proxy.port}`,
    SSL_CERT_FILE: authority.file,
  };
  return { insecureRegistry: registry.host, podmanEnvironment };
});

beforeAll(async () => {
  await importTestImage(site().podman, FORBIDDEN);
  await (await site().runner("node-1", { flags: ["--images", `${registry.host}/*,${DISTANT}/*,acme/*`] })).start();
});

afterAll(async () => {
  await proxy.stop();
  authority.close();
  await registry.stop();
});

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

test("Podman's own environment leads it through the proxy to a registry of the site's authority", async () => {
  expect(editions(await finished(`${DISTANT}/acme/app:1`))).toEqual(["second"]);
  expect(new Set(proxy.asked)).toEqual(new Set([DISTANT]));
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
