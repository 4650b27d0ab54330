/** Whatever comes back over Podman's socket: facts or an `EngineError`, soon, and never a word of Podman's for the user. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, EngineError } from "../../../runner/engine/engine.ts";
import { anEngine, anOrder, aPlan } from "../../support/engine.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { type Json, MARK, spoilt, torn } from "../../support/fuzz/hostile.ts";

const ZERO = "0001-01-01T00:00:00Z";
const CONTAINER = {
  Id: "0".repeat(64),
  Name: "ucloud-1",
  Image: "sha256:0",
  ImageDigest: `sha256:${"0".repeat(64)}`,
  State: { Status: "running", Pid: 4711, ExitCode: 0, OOMKilled: false, StartedAt: ZERO, FinishedAt: ZERO },
  Config: { Labels: { "dev.ucloud.job": "1" } },
  HostConfig: { IDMappings: { UidMap: ["0:1:2"] } },
};
const IMAGE = { Id: "sha256:0", Digest: null, Architecture: "amd64", Config: { Env: ["PATH=/bin", "HOME=/root"] } };
const INFO = {
  host: { arch: "amd64", cgroupControllers: ["cpu", "memory", "pids"], security: { rootless: false } },
  store: { graphRoot: "/nowhere" },
  version: { Version: "4.3.1" },
};
const PULL = { stream: "Copying blob", error: "", images: ["sha256:0"], id: "sha256:0" };
const SOUND: Json[] = [CONTAINER, [{ Names: ["ucloud-1"] }], IMAGE, INFO, PULL, { cause: "no", message: "no" }, 137];

type Answer = { status: number; body: string; stat: string; cut: boolean };
const body = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...SOUND).map((sound) => JSON.stringify(sound)) },
  { weight: 3, arbitrary: fc.oneof(...SOUND.map(spoilt)) },
  { weight: 1, arbitrary: fc.oneof(...SOUND.map(torn)) },
  { weight: 1, arbitrary: fc.oneof(...SOUND.map(torn)).map((text) => `${text}\n${text}\n\n`) },
  { weight: 1, arbitrary: fc.constant("x".repeat(300_000)) },
);
const answer: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 204, 304, 404, 409, 500, 503),
  body,
  stat: fc.oneof(
    spoilt({ mode: 0o755, linkTarget: "" }).map((text) => Buffer.from(text).toString("base64").slice(0, 8_000)),
    fc.base64String(),
  ),
  cut: fc.constantFrom(false, false, false, true),
});

const CALLS: Record<string, (engine: Engine) => Promise<unknown>> = {
  info: (engine) => engine.info(),
  list: (engine) => engine.list(),
  inspect: (engine) => engine.inspect("ucloud-1"),
  presentImage: (engine) => engine.presentImage(aPlan()),
  prepareImage: (engine) => engine.prepareImage(aPlan(), { signal: AbortSignal.timeout(5_000), progress: () => {} }),
  create: (engine) => engine.create(anOrder(aPlan())),
  start: (engine) => engine.start("ucloud-1", 5_000),
  wait: (engine) => engine.wait("ucloud-1", AbortSignal.timeout(5_000)),
  kill: (engine) => engine.kill("ucloud-1", "TERM"),
  pause: (engine) => engine.pause("ucloud-1"),
  unpause: (engine) => engine.unpause("ucloud-1"),
};

let folder: string;
let server: Server;
let script: Answer[] = [];
let asked = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-fuzz-"));
  server = createServer((request, response) => {
    const given = script[asked++ % script.length];
    request.resume();
    if (given === undefined) {
      response.destroy();
      return;
    }
    const hasBody = given.status !== 204 && given.status !== 304 && request.method !== "HEAD";
    response.writeHead(given.status, { "x-docker-container-path-stat": given.stat, "libpod-api-version": "4.3.1" });
    response.write(hasBody && given.body !== "" ? given.body : "", () =>
      given.cut ? response.destroy() : response.end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "podman.sock"), resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test.each(Object.keys(CALLS))("%s answers with facts or an error of the engine", async (name) => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
      script = answers;
      asked = 0;
      const failed = await CALLS[name]?.(anEngine(join(folder, "podman.sock"))).then(
        () => null,
        (error: unknown) => error,
      );
      expect(asked).toBeLessThan(300);
      if (failed !== null) {
        expect(failed).toBeInstanceOf(EngineError);
        expect(JSON.stringify(failed instanceof EngineError ? failed.failure : "")).not.toContain(MARK);
      }
    }),
    fuzzingOf(process.env, 2),
  );
});
