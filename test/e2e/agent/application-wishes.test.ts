/** What an application asks of its container beyond a program: root, and the image's own working directory. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { RealNode } from "../../support/real-node.ts";

let service: PodmanService;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
});
afterAll(() => service.stop());

test("an application that asks for root runs as the job's user where the site does not allow root", async () => {
  const node = await RealNode.make(service);
  const ref = await node.run(["sh", "-c", "id -u"], { asRoot: true });
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit", exitCode: 0 });
  expect(Buffer.from(exited?.tail ?? "", "base64").toString()).toBe("11042\n");
  await node.end();
});

test("an application that keeps the image's working directory does not begin in /work", async () => {
  const node = await RealNode.make(service);
  const ref = await node.run(["sh", "-c", "pwd; touch /work/mine"], { useImageWorkingDirectory: true });
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit", exitCode: 0 });
  expect(Buffer.from(exited?.tail ?? "", "base64").toString()).toBe("/\n");
  await node.end();
});
