/** When a registry is asked about an image that is here, and what holds when it does not answer. */
import { beforeEach, expect, test } from "vitest";
import { EngineError } from "../../../../runner/engine/engine.ts";
import { Puller } from "../../../../runner/engine/image-pull.ts";
import { ImageStore } from "../../../../runner/engine/image-store.ts";
import type { PodmanAnswer, PodmanHttp } from "../../../../runner/engine/podman-http.ts";

const MOVING = "reg.org/acme/app:latest";
const UNREACHABLE = 'pinging container registry reg.org: Get "https://reg.org/v2/": dial tcp: connection refused';
const READING = "initializing source docker://reg.org/acme/app:latest: reading manifest latest in reg.org/acme/app: ";

let here: Map<string, string>;
let pulls: { name: string; policy: string }[];
let warnings: object[];
/** The last line of a pull, and what it leaves behind. */
let pulled: { line: object; id?: string } | EngineError;

beforeEach(() => {
  here = new Map();
  pulls = [];
  warnings = [];
  pulled = { line: { id: "new" }, id: "new" };
});

function answer(status: number, body: unknown): PodmanAnswer {
  return { status, header: () => null, body: JSON.stringify(body) };
}

const podman: PodmanHttp = {
  async call(_method, path) {
    const id = here.get(decodeURIComponent(path.split("/")[2] ?? ""));
    return id === undefined ? answer(404, {}) : answer(200, { Id: id, Digest: null, Architecture: "amd64" });
  },
  async stream(_method, path, { onLine }) {
    const query = new URL(path, "http://podman").searchParams;
    const name = query.get("reference")?.replace("docker://", "") ?? "";
    pulls.push({ name, policy: query.get("policy") ?? "" });
    if (pulled instanceof EngineError) {
      throw pulled;
    }
    onLine(JSON.stringify(pulled.line));
    if (pulled.id !== undefined) {
      here.set(name, pulled.id);
    }
    return answer(200, pulled.line);
  },
};

function aStore(allowList: string[] | null = null): ImageStore {
  return new ImageStore({
    http: podman,
    puller: new Puller({ http: podman, authFile: null }),
    rules: { defaultRegistry: "docker.io", allowList, owner: "state-1" },
    log: { info() {}, warn: (fields, message) => void warnings.push({ message, ...fields }), error() {} },
  });
}

async function obtain(image: string, store = aStore()): Promise<string> {
  const options = { signal: new AbortController().signal, progress: () => {} };
  try {
    return (await store.obtain(image, options)).facts.id;
  } catch (error) {
    return error instanceof EngineError ? error.failure.code : "another error";
  }
}

const DIGEST = `sha256:${"0a".repeat(32)}`;
test.each([
  ["reg.org/acme/app", MOVING, "always"],
  [MOVING, MOVING, "always"],
  ["acme/app", "docker.io/acme/app:latest", "always"],
  ["reg.org/acme/app:1", "reg.org/acme/app:1", null],
  ["reg.org/acme/app:latest-1", "reg.org/acme/app:latest-1", null],
  [`reg.org/acme/app@${DIGEST}`, `reg.org/acme/app@${DIGEST}`, null],
  [`reg.org/acme/app:latest@${DIGEST}`, `reg.org/acme/app@${DIGEST}`, null],
  ["acme/app", "localhost/acme/app:latest", null],
  ["localhost/acme/app", "localhost/acme/app:latest", null],
])("%s, here as %s, is pulled again by the policy %s", async (image, name, policy) => {
  here.set(name, "old");
  expect((await aStore().present(image)) !== null).toBe(policy === null);
  expect(await obtain(image)).toBe(policy === null ? "old" : "new");
  expect(pulls).toEqual(policy === null ? [] : [{ name, policy }]);
  expect(warnings).toEqual([]);
});

test.each([
  ["reg.org/acme/app:1", "missing"],
  ["reg.org/acme/app", "always"],
])("%s, not here, is pulled by the policy %s", async (image, policy) => {
  expect(await obtain(image)).toBe("new");
  expect(pulls.map((pull) => pull.policy)).toEqual([policy]);
});

test.each([
  ["cannot be reached", UNREACHABLE],
  ["is overloaded", `${READING}toomanyrequests: You have reached your pull rate limit`],
  ["says something odd", "initializing image from source docker://r/a:1: invalid character 'g' looking for"],
])("when its registry %s, what is here is used, and the log says so", async (_name, error) => {
  here.set(MOVING, "old");
  pulled = { line: { error } };
  expect(await obtain(MOVING)).toBe("old");
  expect(warnings).toMatchObject([{ message: "image.not_renewed", image: MOVING, id: "old" }]);
});

test.each([
  ["has it no more", { line: { error: `${READING}manifest unknown` } }, "image_not_found"],
  ["refuses it", { line: { error: `${READING}denied: denied` } }, "image_denied"],
  [
    "does not come into it, because Podman is away",
    new EngineError({ code: "podman_unavailable" }, { unknown: true }),
    "podman_unavailable",
  ],
])("when its registry %s, what is here is not used", async (_name, answered, code) => {
  here.set(MOVING, "old");
  pulled = answered;
  expect(await obtain(MOVING)).toBe(code);
  expect(warnings).toEqual([]);
});

test("an image that the site does not allow is refused although it is here, and nobody is asked about it", async () => {
  here.set("reg.org/acme/app:1", "old");
  const store = aStore(["quay.io/*"]);
  expect(await obtain("reg.org/acme/app:1", store)).toBe("image_not_allowed");
  expect(await store.present("reg.org/acme/app:1")).toBe(null);
  expect(pulls).toEqual([]);
});
