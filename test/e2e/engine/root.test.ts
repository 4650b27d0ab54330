/** Applications that ask for root on a rootful Podman: root in the container, nobody on the host. */
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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

test("root can read what is given to the job, from a folder of the runner alone, and not change it", async () => {
  const engine = anEngine(granting.socketPath, { allowRoot: true });
  const destination = "/etc/ucloud";
  const argv = ["sh", `${destination}/script-0.sh`];
  const order = await placeOrder(engine, granting.folder, aPlan({ asRoot: true, argv }));
  const source = join(granting.folder, "alone", "etc");
  await mkdir(source, { recursive: true });
  await chmod(dirname(source), 0o700);
  const script =
    "id -u; (echo more >> $0) 2>/dev/null || echo kept; (echo > /etc/ucloud/new) 2>/dev/null || echo closed";
  await writeFile(join(source, "script-0.sh"), script, { mode: 0o644 });
  await engine.create({ ...order, files: [{ source, destination }] });
  await engine.start(order.name, 20_000);
  expect(await engine.wait(order.name, AbortSignal.timeout(30_000))).toBe(0);
  expect((await readTail(order.logFile, 4096)).toString()).toBe("0\nkept\nclosed\n");
});

test("without ids for user namespaces no root container is made", async () => {
  const engine = anEngine(bare.socketPath, { allowRoot: true });
  const order = await placeOrder(engine, bare.folder, aPlan({ asRoot: true }));
  await expect(engine.create(order)).rejects.toMatchObject({ failure: { code: "podman_failed" } });
  expect(await engine.inspect(order.name)).toBeNull();
});
