/** Whatever UCloud/Core, or somebody with its token, sends: a sentence and never a 5xx, and the gateway goes on. */
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { hostileText, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { coreToken } from "../support/core-tokens.ts";
import { call } from "../support/gateway.ts";
import { expectJudged, fuzzing } from "../support/judged.ts";
import { aJob, bulk, RECORDED } from "../support/requests.ts";

const TIME = { hours: 0, minutes: 1, seconds: 0 };
const CREATES = Object.values(RECORDED).map((text) => JSON.parse(text));
const CALLS: [string, unknown[]][] = [
  ["/jobs", CREATES],
  ["/jobs/terminate", CREATES],
  ["/jobs/extend", [{ items: [{ job: aJob(), requestedTime: TIME }] }]],
  ["/jobs/suspend", [{ items: [{ job: aJob() }] }]],
  ["/jobs/unsuspend", [{ items: [{ job: aJob() }] }]],
  ["/jobs/verify", [{ items: [aJob()] }]],
  ["/jobs/updateAcl", [{ items: [{ resource: aJob(), added: [], deleted: [] }] }]],
  ["/integration/init", [{ username: "alice" }]],
];

let token: string;
beforeEach(async () => {
  token = await coreToken();
});

const post = (path: string, body: string) => call(`/ucloud/ucloud${path}`, { token, body });

/** As if nothing had happened. */
async function expectAtWork(): Promise<void> {
  const response = await post("/jobs", JSON.stringify(bulk(aJob({ id: "90000001" }))));
  expect(response.status).toBe(200);
}

test.each(CALLS)("%s takes spoilt and torn bodies as refusals", async (path, sound) => {
  const body = fc.oneof(...sound.map((one) => spoilt(asJson(one))), ...sound.map((one) => torn(asJson(one))));
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      await expectJudged(await post(path, text));
    }),
    fuzzing(),
  );
  await expectAtWork();
});

test("parameters, resources, labels and the application itself may say anything", async () => {
  const job = asJson(JSON.parse(RECORDED.today).items[0]);
  const inside = ["specification", "status"].flatMap((part) =>
    spoilt(asJson(Object(job)[part])).map((text) => [part, text]),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(...inside), async ([part, text]) => {
      const rest = JSON.stringify({ ...Object(job), [String(part)]: undefined });
      await expectJudged(await post("/jobs", `{"items":[${rest.slice(0, -1)},"${part}":${text}}]}`));
    }),
    fuzzing(0.5),
  );
  await expectAtWork();
});

test.each([
  ["a bulk of a hundred thousand nothings", `{"items":[${"null,".repeat(99_999)}null]}`, 400],
  ["a million keys", `{${Array.from({ length: 200_000 }, (_, index) => `"${index}":0`).join()}}`, 200],
  ["a number of a megabyte", `{"items":[${"9".repeat(1_000_000)}]}`, 400],
  ["blanks up to the bound", " ".repeat(4 * 1024 * 1024), 400],
  ["a byte more than the bound", " ".repeat(4 * 1024 * 1024 + 1), 413],
])("%s costs little", async (_, body, status) => {
  expect(await expectJudged(await post("/jobs", body))).toBe(status);
});

test("headers, methods and paths may be anything", async () => {
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND");
  const segment = fc.oneof(
    fc.constantFrom("ucloud", "jobs", "admin", "runner", "v1", "..", "%2e%2e", "%", "%00", ""),
    hostileText,
  );
  const path = fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
  const bearer = fc.oneof(
    fc.constantFrom("", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", `Bearer ${"x".repeat(9_000)}`),
    fc.base64String().map((text) => `Bearer ${btoa('{"alg":"none"}')}.${text}.`),
    fc.constant(token).map((good) => `Bearer ${good}`),
  );
  const name = fc.constantFrom(
    "Content-Type",
    "Upgrade",
    "Sec-WebSocket-Protocol",
    "Content-Encoding",
    "Origin",
    "Range",
  );
  await fc.assert(
    fc.asyncProperty(method, path, bearer, name, latin, async (method, path, Authorization, name, value) => {
      const response = await call(encodeBlanks(path), { method, headers: { Authorization, [name]: value } });
      response.webSocket?.accept();
      response.webSocket?.close();
      await (method === "HEAD" ? expect(response.status).toBeLessThan(500) : expectJudged(response));
    }),
    fuzzing(0.5),
  );
  await expectAtWork();
});

/** What a header may hold. */
const latin = hostileText.map((text) => text.replace(/[^\x20-\x7e]/g, "").slice(0, 2_000));

/** What no client can put into the first line of a request. */
function encodeBlanks(path: string): string {
  return path.replace(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char.toWellFormed()));
}

function asJson(value: unknown) {
  return JSON.parse(JSON.stringify(value));
}
