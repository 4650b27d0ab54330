/** What a job writes is counted where it lands, in `/work` and in the container's own layer, and its bound holds. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { MEBIBYTE } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { eventually, RealNode } from "../../support/real-node.ts";

let service: PodmanService;
let node: RealNode;

beforeAll(async () => {
  service = await startPodmanService();
  await importTestImage(service);
});
beforeEach(async () => {
  node = await RealNode.make(service, { diskQuotaMs: 100 });
});
afterEach(() => node.end());
afterAll(() => service.stop());

const WRITES = "dd if=/dev/zero of=x bs=1M count=24 2>/dev/null; sleep 100";

test.each([
  ["/work", null],
  ["the container's own layer", "/data/new"],
])("a job that writes too much into %s is stopped with the figures", async (_, workingDirectory) => {
  const plan = { workingDirectory, diskBytes: 16 * MEBIBYTE, stopGraceMs: 500 };
  const ref = await node.run(["sh", "-c", WRITES], plan);
  const exited = await node.told(ref, "exited");
  expect(exited).toMatchObject({ cause: "exit", disk: { limitBytes: 16 * MEBIBYTE } });
  expect(exited?.disk?.usedBytes).toBeGreaterThan(16 * MEBIBYTE);
  expect(exited?.disk?.usedBytes).toBeLessThan(26 * MEBIBYTE);
});

test("a job that stays within its bound is left alone, and links and holes count once or not at all", async () => {
  const script =
    "dd if=/dev/zero of=x bs=1M count=6 2>/dev/null; ln x y; ln x z; truncate -s 1G hole; echo ready; sleep 1";
  const ref = await node.run(["sh", "-c", script], { diskBytes: 16 * MEBIBYTE });
  expect(await node.told(ref, "exited")).toMatchObject({ cause: "exit", exitCode: 0 });
  expect(node.link.fact(ref, "exited")?.disk).toBeUndefined();
});

test("files that a job hides from others are counted, and a link out of its folder is not followed", async () => {
  const script =
    "ln -s / root; mkdir -m 700 h; dd if=/dev/zero of=h/x bs=1M count=24 2>/dev/null; chmod 0 h; sleep 100";
  const ref = await node.run(["sh", "-c", script], { diskBytes: 16 * MEBIBYTE, stopGraceMs: 500 });
  expect((await node.told(ref, "exited"))?.disk?.usedBytes).toBeLessThan(26 * MEBIBYTE);
});

test("the layer of a container that is not there has no size", async () => {
  expect(
    await node.engine.layerBytes(refName({ job: "0", incarnation: "0".repeat(16), attempt: 1, rank: 0 })),
  ).toBeNull();
  await eventually(() => node.agent.status().podman === "up");
});
