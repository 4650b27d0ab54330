import { expect, test } from "vitest";
import { EngineError } from "../../../../runner/engine/engine.ts";
import { readRegistryAuth, registryAuthHeader } from "../../../../runner/engine/registry-auth.ts";

const auth = Buffer.from("alice:a:b?>~").toString("base64");

test("all entries travel, in the URL-safe alphabet with padding", () => {
  const header = registryAuthHeader(JSON.stringify({ auths: { "quay.io/org": { auth }, "ghcr.io": { auth } } })) ?? "";
  expect(header).toMatch(/^[A-Za-z0-9_-]+=*$/);
  expect(header.length % 4).toBe(0);
  const credentials = { username: "alice", password: "a:b?>~" };
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
    "quay.io/org": credentials,
    "ghcr.io": credentials,
  });
});

test("a file that names nobody gives no header", () => {
  expect(registryAuthHeader("{}")).toBeNull();
  expect(registryAuthHeader('{"auths":{"quay.io":{}},"credHelpers":{"a":"b"}}')).toBeNull();
});

test("a broken file is refused without quoting it", async () => {
  const broken = () => registryAuthHeader('{"auths":{"quay.io":{"auth":"se cret"}}}');
  expect(broken).toThrow(EngineError);
  await expect(readRegistryAuth("/proc/none")).rejects.toMatchObject({ failure: { code: "pull_failed" } });
  expect(await readRegistryAuth(null)).toBeNull();
});
