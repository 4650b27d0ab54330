/** Applications that ask for root on a rootful Podman: root in the container, nobody on the host. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTail } from "../../../runner/engine/k8s-log.ts";
import { anEngine, aPlan, placeOrder } from "../../support/engine.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";

let granting: PodmanService;
let bare: PodmanService;

beforeAll(async () => {
  [granting, bare] = await Promise.all([
    startPodmanService({ subordinateIds: true }),
    startPodmanService({ subordinateIds: false }),
  ]);
  await Promise.all([importTestImage(granting), importTestImage(bare)]);
});

afterAll(() => Promise.all([granting.stop(), bare.stop()]));

test("root has ids of its own, seven capabilities, and may write into /work", async () => {
  const engine = anEngine(granting.socketPath, { allowRoot: true });
  const script = "id -u; cat /proc/self/uid_map; grep CapBnd /proc/self/status; touch made; chown 5:5 made; echo $HOME";
  const order = await placeOrder(engine, granting.folder, aPlan({ asRoot: true, argv: ["sh", "-c", script] }));
  await engine.create(order);
  await engine.start(order.name, 20_000);
  expect(await engine.wait(order.name, AbortSignal.timeout(30_000))).toBe(0);
  const words = (await readTail(order.logFile, 4096)).toString().trim().split(/\s+/);
  expect(words).toEqual(["0", "0", "2000000", "65536", "CapBnd:", "00000000000000fb", "/root"]);
  expect((await stat(join(order.workFolder, "made"))).uid).toBe(2_000_005);
});

test("without ids for user namespaces no root container is made", async () => {
  const engine = anEngine(bare.socketPath, { allowRoot: true });
  const order = await placeOrder(engine, bare.folder, aPlan({ asRoot: true }));
  await expect(engine.create(order)).rejects.toMatchObject({ failure: { code: "podman_failed" } });
  expect(await engine.inspect(order.name)).toBeNull();
});
