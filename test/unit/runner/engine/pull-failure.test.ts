/** Texts of Podman 4.3.1 and of its libraries, as they were seen. */
import { expect, test } from "vitest";
import { classifyPullError } from "../../../../runner/engine/pull-failure.ts";

const READING = "initializing source docker://reg.org/a/b:1: reading manifest 1 in reg.org/a/b: ";

test.each([
  [`${READING}unauthorized: unauthorized`, "image_denied"],
  [`${READING}unauthorized: authentication required`, "image_denied"],
  [`${READING}denied: denied`, "image_denied"],
  [`${READING}errors:\ndenied: requested access to the resource is denied\n`, "image_denied"],
  [`${READING}requested access to the resource is denied`, "image_denied"],
  [`${READING}StatusCode: 403, <html>no</html>`, "image_denied"],
  [`${READING}manifest unknown`, "image_not_found"],
  [`${READING}manifest unknown: manifest unknown`, "image_not_found"],
  [`${READING}name unknown: name unknown`, "image_not_found"],
  [`${READING}StatusCode: 404, not here`, "image_not_found"],
  [`${READING}toomanyrequests: You have reached your pull rate limit`, "registry_unavailable"],
  [`${READING}StatusCode: 429, slow`, "registry_unavailable"],
  [`${READING}received unexpected HTTP status: 500 Internal Server Error`, "registry_unavailable"],
  [`${READING}received unexpected HTTP status: 503 Service Unavailable`, "registry_unavailable"],
  ['initializing source docker://r/a:1: Get "http://r/v2/a/manifests/1": EOF', "registry_unavailable"],
  [
    "initializing source docker://a: pinging container registry r.io: " +
      'Get "https://r.io/v2/": dial tcp: lookup r.io on 10.0.0.1:53: no such host',
    "registry_unavailable",
  ],
  [
    "choosing an image from manifest list docker://r/a:1: no image found in manifest list for architecture amd64, " +
      'variant "", OS linux',
    "wrong_architecture",
  ],
  ['writing blob: storing blob to file "/var/tmp/storage1": write /var/tmp/x: no space left on device', "disk_full"],
  ["Source image rejected: Running image docker://r/a:1 is rejected by policy.", "pull_failed"],
  ["copying system image: Source image rejected: Running image docker://r/a:1 is rejected", "image_not_allowed"],
  ["initializing image from source docker://r/a:1: invalid character 'g' looking for", "pull_failed"],
  ["invalid reference format", "image_name_invalid"],
  ["", "pull_failed"],
])("%s is %s", (text, code) => {
  expect(classifyPullError(text)).toBe(code);
});

test("words in an image's own name decide nothing", () => {
  const text = "initializing source docker://r/denied/unauthorized:denied: reading manifest denied in r/denied: odd";
  expect(classifyPullError(text)).toBe("pull_failed");
});

test("what a registry writes far behind its status decides nothing", () => {
  expect(classifyPullError(`${READING}StatusCode: 404, ${"x".repeat(5000)}: denied: no`)).toBe("image_not_found");
});
