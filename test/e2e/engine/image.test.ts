/** Images on a real Podman: found locally, allowed, pulled once, and why a pull failed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, EngineError, type PullProgress } from "../../../runner/engine/engine.ts";
import type { PodmanOptions } from "../../../runner/engine/podman.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { anEngine, aPlan } from "../../support/engine.ts";
import { type FakeRegistry, startFakeRegistry } from "../../support/fake-registry.ts";
import { importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";

let registry: FakeRegistry;
let service: PodmanService;
let engine: Engine;

beforeAll(async () => {
  registry = await startFakeRegistry();
  service = await startPodmanService({ insecureRegistry: registry.host });
  await importTestImage(service);
  engine = anEngine(service.socketPath);
});

afterAll(async () => {
  await service.stop();
  await registry.stop();
});

const anEngineWith = (change: Partial<PodmanOptions>): Engine => anEngine(service.socketPath, change);

async function prepare(given: Engine, change: Partial<JobPlan>): Promise<string> {
  const options = { signal: AbortSignal.timeout(50_000), progress: () => {} };
  try {
    return (await given.prepareImage(aPlan(change), options)).name;
  } catch (error) {
    if (error instanceof EngineError) {
      expect(JSON.stringify(error.failure)).not.toContain("secret words");
      return error.failure.code;
    }
    throw error;
  }
}

test("an unqualified name means the local image", async () => {
  expect(await engine.presentImage(aPlan())).toMatchObject({ name: "localhost/acme/batch:1.0.0" });
  expect(await prepare(engine, {})).toBe("localhost/acme/batch:1.0.0");
});

test("an image that is not here is not present, and a name that is none is refused", async () => {
  expect(await engine.presentImage(aPlan({ image: `${registry.host}/404/app:1` }))).toBe(null);
  await expect(engine.presentImage(aPlan({ image: "Not A Name" }))).rejects.toMatchObject({
    failure: { code: "image_name_invalid" },
  });
  expect(await prepare(engine, { image: "Not A Name" })).toBe("image_name_invalid");
});

test.each([
  ["401", "image_denied"],
  ["403", "image_denied"],
  ["404", "image_not_found"],
  ["429", "registry_unavailable"],
  ["500", "registry_unavailable"],
  ["503", "registry_unavailable"],
  ["arch", "wrong_architecture"],
])("a registry that answers %s gives %s", async (kind, code) => {
  expect(await prepare(engine, { image: `${registry.host}/${kind}/app:1` })).toBe(code);
});

test("a registry that cannot be reached is the node's side", async () => {
  expect(await prepare(engine, { image: "127.0.0.1:1/acme/app:1" })).toBe("registry_unavailable");
});

test("without a default registry an unqualified name that is not here is refused", async () => {
  expect(await prepare(anEngineWith({ defaultRegistry: "none" }), { image: "acme/other:1" })).toBe(
    "image_name_invalid",
  );
});

test("the allow-list is asked before the images that are here", async () => {
  expect(await prepare(anEngineWith({ allowList: ["quay.io/*"] }), {})).toBe("image_not_allowed");
  expect(await anEngineWith({ allowList: ["quay.io/*"] }).presentImage(aPlan())).toBe(null);
  expect(await prepare(anEngineWith({ allowList: ["acme/*"] }), {})).toBe("localhost/acme/batch:1.0.0");
});

test("many who want one image pull it once, and each hears of the progress", async () => {
  const heard: PullProgress[] = [];
  const stop = new AbortController();
  const plan = aPlan({ image: `${registry.host}/hang/shared:1` });
  const options = { signal: stop.signal, progress: (words: PullProgress) => heard.push(words) };
  const pulls = Promise.allSettled([1, 2, 3].map(() => engine.prepareImage(plan, options)));
  await expect.poll(() => heard).toEqual(Array(3).fill({ text: "Downloading the image" }));
  await expect.poll(() => registry.asked.get("hang/shared")).toBe(1);
  stop.abort();
  expect((await pulls).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
});

test("one who gives up leaves the pull to the others, the last one ends it", async () => {
  const plan = aPlan({ image: `${registry.host}/hang/app:1` });
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = registry.whenAsked("hang/app");
  const pulls = [first, second].map(({ signal }) => engine.prepareImage(plan, { signal, progress: () => {} }));
  await asked;
  first.abort(new Error("first"));
  await expect(pulls[0]).rejects.toThrow("first");
  expect(registry.asked.get("hang/app")).toBe(1);
  second.abort(new Error("second"));
  await expect(pulls[1]).rejects.toThrow("second");
});

test("credentials of the auth-file reach their registry, and only a readable file does", async () => {
  const authFile = join(service.folder, "auth.json");
  const auth = Buffer.from("alice:öpen~>sesame").toString("base64");
  await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
  expect(await prepare(anEngineWith({ authFile }), { image: `${registry.host}/401/app:2` })).toBe("image_denied");
  expect(registry.lastCredentials()).toBe(`Basic ${auth}`);
  await writeFile(authFile, "no json");
  expect(await prepare(anEngineWith({ authFile }), { image: `${registry.host}/401/app:2` })).toBe("pull_failed");
});

test.each([
  [["acme-batch"], "localhost/acme/batch:1.0.0"],
  [["/usr/local/bin/linked-batch"], "localhost/acme/batch:1.0.0"],
  [["no-such-program"], "program_not_found"],
  [["/bin/none"], "program_not_found"],
  [["/etc/not-a-program"], "program_not_executable"],
  [["/etc"], "program_not_executable"],
  [["etc"], "program_not_found"],
])("the program %j gives %s before anything starts", async (argv, result) => {
  expect(await prepare(engine, { argv })).toBe(result);
  expect(await engine.list()).toEqual([]);
});

test("the program is looked for in the plan's PATH and from its working directory", async () => {
  expect(await prepare(engine, { argv: ["acme-batch"], environment: { PATH: "/bin" } })).toBe("program_not_found");
  expect(await prepare(engine, { argv: ["./acme-batch"], workingDirectory: "/usr/local/bin" })).toBe(
    "localhost/acme/batch:1.0.0",
  );
});

test("what the site or the part does not offer is refused", async () => {
  expect(await prepare(engine, { asRoot: true })).toBe("root_not_allowed");
  expect(await prepare(engine, { network: "internet" })).toBe("not_supported");
});
