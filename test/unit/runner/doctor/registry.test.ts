/** What a registry's answers mean to the doctor, and that it leaves images as they were. */
import { expect, test } from "vitest";
import { namesProxy } from "../../../../runner/doctor/podman-way.ts";
import { checkRegistry } from "../../../../runner/doctor/registry.ts";
import type { PodmanAnswer, PodmanHttp } from "../../../../runner/engine/podman-http.ts";
import { aCommand } from "../../../support/runner/doctor.ts";

const REGISTRY = "registry.example.org";
const IMAGE = `${REGISTRY}/acme/app:1`;
const UNKNOWN = "Error: reading manifest 1 in x: manifest unknown: manifest unknown";
const DENIED = "Error: reading manifest 1 in x: unauthorized: authentication required";
const SILENT = `Error: pinging container registry x: Get "https://x/v2/": dial tcp 192.0.2.1:443: i/o timeout`;

/** A Podman whose pulls end so; null: the image comes. What it was asked is kept. */
function aPodman(failure: string | null, local: string[] = []) {
  const asked: string[] = [];
  const answer = (status: number, body = ""): PodmanAnswer => ({ status, header: () => null, body });
  const http: PodmanHttp = {
    call: async (method, path) => {
      asked.push(`${method} ${decodeURIComponent(path)}`);
      return answer(local.some((name) => path.includes(encodeURIComponent(name))) ? 200 : 404);
    },
    stream: async (method, path, { onLine }) => {
      asked.push(`${method} ${decodeURIComponent(path)}`);
      if (failure !== null) {
        onLine(JSON.stringify({ error: failure }));
      }
      return answer(200);
    },
  };
  return { http, asked };
}

async function lookWith({ http }: { http: PodmanHttp }, image?: string, registry = REGISTRY) {
  const removed: string[] = [];
  const flags: Record<string, string> = image === undefined ? {} : { image };
  const removeImage = async (name: string) => {
    removed.push(name);
    return "removed" as const;
  };
  const [found] = await checkRegistry({
    ...{ gateway: null, http, engine: { removeImage }, signal: new AbortController().signal },
    command: aCommand({ settings: { "default-registry": registry }, flags }),
  });
  return { found, removed };
}

test.each([
  ["knows no such image", UNKNOWN, ""],
  ["wants to know who asks", DENIED, ""],
  ["is silent", SILENT, "--image NAME"],
])("a default registry that %s is well, or a note", async (_, failure, advice) => {
  const podman = aPodman(failure);
  const { found } = await lookWith(podman);
  expect(found).toMatchObject({ ok: true, advice: expect.stringContaining(advice) });
  expect(found?.advice === "").toBe(advice === "");
  expect(podman.asked).toEqual([expect.stringContaining(`reference=docker://${REGISTRY}/`)]);
});

test("none by default is a choice, and nobody is asked", async () => {
  const podman = aPodman(null);
  expect((await lookWith(podman, undefined, "none")).found).toMatchObject({
    ok: true,
    found: "none by default, as set",
  });
  expect(podman.asked).toEqual([]);
});

test("an image that is named is pulled, and removed again", async () => {
  const { found, removed } = await lookWith(aPodman(null), IMAGE);
  expect(found).toEqual({ ok: true, found: `${IMAGE} was pulled, and removed`, advice: "" });
  expect(removed).toEqual([IMAGE]);
});

test.each([
  [UNKNOWN, "Correct the image's name"],
  [DENIED, "auth-file"],
  [SILENT, "podman.service"],
])("one that cannot be had is a failure: %s", async (failure, advice) => {
  const { found } = await lookWith(aPodman(failure), IMAGE);
  expect(found).toMatchObject({ ok: false, found: expect.stringContaining(IMAGE) });
  expect(found?.advice).toContain(advice);
});

test("one that the machine has is neither pulled nor removed", async () => {
  const podman = aPodman(null, [IMAGE]);
  const { found, removed } = await lookWith(podman, IMAGE);
  expect(found).toMatchObject({ ok: true, skipped: true });
  expect(podman.asked).toEqual([`GET /images/${IMAGE}/json`]);
  expect(removed).toEqual([]);
});

test("one that no registry can have is told as that", async () => {
  const { found } = await lookWith(aPodman(null), "acme/app:1", "none");
  expect(found).toMatchObject({ ok: false, found: "acme/app:1: no registry has it" });
});

test.each([
  ["PATH=/bin\0HTTPS_PROXY=http://proxy.example.org:3128\0", true],
  ["https_proxy=proxy.example.org:3128", true],
  ["HTTPS_PROXY=\0PATH=/bin", false],
  ["NO_PROXY=x\0MY_HTTPS_PROXY=x", false],
])("an environment %j names a proxy: %s", (environment, isNamed) => {
  expect(namesProxy(environment)).toBe(isNamed);
});
