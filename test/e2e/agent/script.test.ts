/** Templates as commands on real Podman: the script is what the image's shell runs, and a user cannot break out of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { folderName, type Ref } from "../../../shared/ids.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { RealNode } from "../../support/real-node.ts";
import { aScript } from "../../support/template.ts";

let service: PodmanService;
let node: RealNode;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
});
beforeEach(async () => {
  node = await RealNode.make(service);
});
afterEach(() => node.end());
afterAll(() => service.stop());

async function output(ref: Ref): Promise<string> {
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit" });
  return Buffer.from(exited?.tail ?? "", "base64").toString();
}

test("a script is run by the job's user, who can read it and not change it", async () => {
  const template = `
    echo {{ value }} {{ ucloud.jobId }}
    echo "$0"; id -u; pwd
    (echo more >> "$0") 2>/dev/null || echo kept
    exit {{ code }}`;
  const ref = await node.run([], { script: aScript(template, { value: "'; id; echo $(id) `id`", code: 3 }) });
  const lines = ["'; id; echo $(id) `id` 54112", "/etc/ucloud/script-0.sh", "11042", "/work", "kept", ""];
  expect(await output(ref)).toBe(lines.join("\n"));
  expect(await node.told(ref, "exited")).toMatchObject({ exitCode: 3 });
  expect(existsSync(join(node.stateDir, "jobs", folderName(ref), "attempt-1-0", "etc", "script-0.sh"))).toBe(true);
});

test("an application that wants root runs as the job's user where the site gives none", async () => {
  const ref = await node.run([], { script: aScript("id -u"), asRoot: true });
  expect(await output(ref)).toBe("11042\n");
});

test("a template that fails ends the job before a container exists", async () => {
  const ref = await node.run([], { script: aScript("echo\n{{ value|nothing }}", { value: "s3cr3t" }) });
  const failure = { code: "template_failed", detail: "line 2: unknown filter: filter nothing is unknown" };
  expect(await node.told(ref, "not-started")).toMatchObject({ failure });
  expect(await node.exists(ref)).toBe(false);
});
