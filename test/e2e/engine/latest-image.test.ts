/** What a name means on a real Podman: `latest` is asked for each time, any other tag and a digest only once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine, ImageFacts } from "../../../runner/engine/engine.ts";
import { anEngine, aPlan, placeOrder } from "../../support/engine.ts";
import { askPodman, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";
import { buildTestImage } from "../../support/test-image.ts";

let registry: SlowRegistry;
let service: PodmanService;
let engine: Engine;
const warnings: object[] = [];

beforeAll(async () => {
  registry = await SlowRegistry.start();
  service = await startPodmanService({ insecureRegistry: registry.host });
  const warn = (fields: object, message: string) => void warnings.push({ message, ...fields });
  engine = anEngine(service.socketPath, { log: { info() {}, warn, error() {} } });
});

afterAll(async () => {
  await service.stop();
  await registry.stop();
});

function fetched(image: string): Promise<ImageFacts> {
  return engine.prepareImage(aPlan({ image }), { signal: AbortSignal.timeout(50_000), progress: () => {} });
}

async function prepare(image: string): Promise<string | null> {
  return (await fetched(image)).digest;
}

async function isThere(image: string): Promise<boolean> {
  return (await askPodman(service.socketPath, "GET", `/images/${image}/exists`)).status === 204;
}

const publish = async (edition: string) => registry.publish(await buildTestImage(edition));

test.each(["moving/untagged", "moving/tagged:latest"])("%s is what the registry has now, each time", async (path) => {
  const image = `${registry.host}/${path}`;
  const first = await publish(`${path} 1`);
  expect(await prepare(image)).toBe(first);
  expect(await engine.presentImage(aPlan({ image }))).toBe(null);
  const second = await publish(`${path} 2`);
  expect(await prepare(image)).toBe(second);
  expect(second).not.toBe(first);
});

test("another tag stays what it was, and its registry is not asked again", async () => {
  const image = `${registry.host}/fixed/app:1`;
  const first = await publish("fixed 1");
  expect(await prepare(image)).toBe(first);
  await publish("fixed 2");
  const { questions } = registry;
  expect(await engine.presentImage(aPlan({ image }))).toMatchObject({ digest: first });
  expect(await prepare(image)).toBe(first);
  expect(registry.questions).toBe(questions);
});

test("a digest is never pulled again, whatever tag stands before it", async () => {
  const digest = await publish("by digest");
  const image = `${registry.host}/fixed/digest:latest@${digest}`;
  expect(await prepare(image)).toBe(digest);
  const { questions } = registry;
  expect(await engine.presentImage(aPlan({ image }))).toMatchObject({ digest });
  expect(await prepare(image)).toBe(digest);
  expect(registry.questions).toBe(questions);
});

test("an image is removed by its name; by its id only when no name leads to it; none while a container has it", async () => {
  const image = `${registry.host}/moving/going:latest`;
  await publish("going 1");
  const facts = await fetched(image);
  expect(facts.fetched).toBe(true);
  expect(await engine.removeImage(facts.id)).toBe("removed");
  expect(await isThere(facts.id)).toBe(true);
  await publish("going 2");
  expect((await fetched(image)).id).not.toBe(facts.id);
  expect(await engine.removeImage(facts.id)).toBe("removed");
  expect(await isThere(facts.id)).toBe(false);

  const order = await placeOrder(engine, service.folder, aPlan({ image }));
  await engine.create(order);
  expect(await engine.removeImage(image)).toBe("in-use");
  await engine.remove(order.name);
  expect(await engine.removeImage(image)).toBe("removed");
  expect(await engine.removeImage(image)).toBe("removed");
});

test("while its registry cannot be reached the image that is here is used, and the log says so", async () => {
  const image = `${registry.host}/moving/alone:latest`;
  const digest = await publish("alone");
  expect(await prepare(image)).toBe(digest);
  expect(warnings).toEqual([]);
  await registry.stop();
  expect(await prepare(image)).toBe(digest);
  expect(warnings).toEqual([
    {
      ...{ message: "image.not_renewed", image },
      id: expect.any(String),
      error: expect.any(String),
      cause: expect.any(String),
    },
  ]);
  await expect(prepare(image.replace("alone", "absent"))).rejects.toMatchObject({
    failure: { code: "registry_unavailable" },
  });
});
