import { describe, expect, test } from "vitest";
import { EngineError } from "../../../../runner/engine/engine.ts";
import { imageCandidates, isAllowed } from "../../../../runner/engine/image-name.ts";

const names = (image: string, registry = "docker.io"): string[] =>
  imageCandidates(image, registry).map(({ name, pullable }) => `${name}${pullable ? " pull" : ""}`);

const DIGEST = `sha256:${"0a".repeat(32)}`;

test.each([
  ["acme/batch:1.0.0", ["localhost/acme/batch:1.0.0", "docker.io/acme/batch:1.0.0 pull"]],
  ["ubuntu", ["localhost/ubuntu:latest", "docker.io/library/ubuntu:latest pull"]],
  ["docker.io/ubuntu:24.04", ["docker.io/library/ubuntu:24.04 pull"]],
  ["dreg.cloud.sdu.dk/ucloud-apps/r:4", ["dreg.cloud.sdu.dk/ucloud-apps/r:4 pull"]],
  ["localhost/acme/batch:1", ["localhost/acme/batch:1"]],
  ["localhost:5000/acme/batch:1", ["localhost:5000/acme/batch:1 pull"]],
  ["[::1]:5000/a:1", ["[::1]:5000/a:1 pull"]],
  [`quay.io/a/b@${DIGEST}`, [`quay.io/a/b@${DIGEST} pull`]],
  [`a/b:1@${DIGEST}`, [`localhost/a/b@${DIGEST}`, `docker.io/a/b@${DIGEST} pull`]],
])("%s means %j", (image, expected) => {
  expect(names(image)).toEqual(expected);
});

test("another default registry takes the unqualified names, none leaves the local ones", () => {
  expect(names("ubuntu:1", "registry.site.org")).toEqual(["localhost/ubuntu:1", "registry.site.org/ubuntu:1 pull"]);
  expect(names("ubuntu:1", "none")).toEqual(["localhost/ubuntu:1"]);
});

test.each([
  "",
  " ",
  "Upper/Case",
  "a b",
  "a:b:c",
  "a/../b",
  "a//b",
  "/a",
  "a/",
  "a:",
  "a@sha256:12",
  "-a",
  "http://quay.io/a",
  "quay.io/a?x=1",
  "a\nb",
  "a\u0000",
  "--privileged",
  `a/${"b".repeat(600)}`,
])("%j is no image name", (image) => {
  expect(() => imageCandidates(image, "docker.io")).toThrow(EngineError);
});

describe("an allow-list", () => {
  test.each([
    ["*", "docker.io/a/b:1", true],
    ["quay.io/acme/*", "quay.io/acme/batch:1", true],
    ["quay.io/acme/*", "quay.io/acme/deep/batch:1", true],
    ["quay.io/acme/*", "quay.io/acme2/batch:1", false],
    ["quay.io/acme/*", "evil.io/quay.io/acme/batch:1", false],
    ["quay.io/acme/batch", "quay.io/acme/batch:1", true],
    ["quay.io/acme/batch", `quay.io/acme/batch@${DIGEST}`, true],
    ["quay.io/acme/batch", "quay.io/acme/batch2:1", false],
    ["quay.io/acme/batch:1.*", "quay.io/acme/batch:1.7", true],
    ["quay.io/acme/batch:1.*", "quay.io/acme/batch:2.1", false],
    [`quay.io/a@${DIGEST}`, `quay.io/a:7@${DIGEST}`, true],
    ["acme/*", "docker.io/acme/batch:1", true],
    ["acme/*", "localhost/acme/batch:1", true],
    ["acme/*", "quay.io/acme/batch:1", false],
    ["ubuntu", "docker.io/library/ubuntu:24.04", true],
    ["x.io/a*b*a", "x.io/a/b/a", true],
    ["*.io/a*a", "x.io/a", false],
    ["localhost:5000/a", "localhost:5000/a:1", true],
  ])("with %s and the image %s says %s", (pattern, name, allowed) => {
    expect(isAllowed(name, [pattern], "docker.io")).toBe(allowed);
  });

  test("that is empty allows nothing, and none allows everything", () => {
    expect(isAllowed("docker.io/a:1", [], "docker.io")).toBe(false);
    expect(isAllowed("docker.io/a:1", null, "docker.io")).toBe(true);
  });
});
