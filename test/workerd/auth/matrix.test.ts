/** Every route of the gateway against every kind of caller. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { SUBPROTOCOL } from "../../../shared/proof.ts";
import { RELAY_SUBPROTOCOL } from "../../../shared/relay.ts";
import { settingsOf } from "../../../worker/env.ts";
import { createRouter } from "../../../worker/router.ts";
import { ADMIN_TOKENS, ROLE_TOKENS } from "../support/bindings.ts";
import { coreToken } from "../support/core-tokens.ts";
import { call, expectError } from "../support/gateway.ts";
import { anEnrolledRunner, upgradeToken } from "../support/runner-client.ts";

const CALLERS: Record<string, () => Promise<string | null> | string | null> = {
  nobody: () => null,
  "a wrong token": () => "wrong",
  "a token with more behind it": () => `${ADMIN_TOKENS[0]}x`,
  "all tokens in one": () => ADMIN_TOKENS.join(""),
  "an entry of ADMIN_TOKEN as it is written": () => `olga:owner:${ROLE_TOKENS.owner}`,
  "who may read": () => ROLE_TOKENS.read,
  "who may operate": () => ROLE_TOKENS.operate,
  "an owner": () => ROLE_TOKENS.owner,
  "a bare token": () => ADMIN_TOKENS[1] ?? null,
  "UCloud/Core": () => coreToken(),
  "a runner": async () => upgradeToken(await anEnrolledRunner()),
};
type Caller = keyof typeof CALLERS;

const OWNERS: Caller[] = ["an owner", "a bare token"];
const OPERATORS: Caller[] = ["who may operate", ...OWNERS];
const READERS: Caller[] = ["who may read", ...OPERATORS];
const CORE: Caller[] = ["UCloud/Core"];
const ALL: Caller[] = Object.keys(CALLERS);

const query = new URLSearchParams({ category: "example-compute", job: "1", incarnation: "0".repeat(16), attempt: "1" });
const RELAY = `/runner/v1/relay?${query}&nonce=${"n".repeat(32)}`;

/** Method, path as a caller writes it, and who gets further than the door. */
const ROUTES: [string, string, Caller[]][] = [
  ["GET", "/healthz", ALL],
  ["HEAD", "/healthz", ALL],
  // The older UCloud's upgrade has no token; its frames are checked.
  ["GET", "/ucloud/jobs.provider.ucloud/websocket", ["nobody", ...CORE]],
  ["GET", "/ucloud/ucloud/websocket", ["nobody", ...CORE]],
  ["GET", "/ucloud/ucloud/jobs/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/files/collections/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/ingresses/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/networkips/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/licenses/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/private-networks/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/shares/retrieveProducts", CORE],
  ["GET", "/ucloud/ucloud/integration/retrieveManifest", CORE],
  ["POST", "/ucloud/ucloud/jobs/init", CORE],
  ["POST", "/ucloud/ucloud/jobs/updateAcl", CORE],
  ["POST", "/ucloud/ucloud/integration/init", CORE],
  ["POST", "/ucloud/ucloud/integration/unlinked", CORE],
  ["POST", "/ucloud/ucloud/ssh/keyUploaded", CORE],
  ["POST", "/ucloud/ucloud/jobs/onUpdatedLabels", CORE],
  ["POST", "/ucloud/ucloud/jobs/requestDynamicParameters", CORE],
  ["POST", "/ucloud/ucloud/jobs/interactiveSession", CORE],
  ["POST", "/ucloud/ucloud/jobs/openTerminalInFolder", CORE],
  ["POST", "/ucloud/ucloud/jobs/attachResource", CORE],
  ["POST", "/ucloud/ucloud/jobs/detachResource", CORE],
  ["GET", "/ucloud/ucloud/provider/branding/retrieveInfo", CORE],
  ["POST", "/ucloud/ucloud/jobs", CORE],
  ["POST", "/ucloud/ucloud/jobs/extend", CORE],
  ["POST", "/ucloud/ucloud/jobs/suspend", CORE],
  ["POST", "/ucloud/ucloud/jobs/unsuspend", CORE],
  ["GET", "/ucloud/ucloud/jobs/retrieveUtilization", CORE],
  ["POST", "/ucloud/ucloud/jobs/verify", CORE],
  ["POST", "/ucloud/ucloud/jobs/terminate", CORE],
  ["POST", "/ucloud/ucloud/nothing", CORE],
  // By its one-time code, whatever token comes with it.
  ["POST", "/runner/v1/enroll", ALL],
  // A line's token says nothing but who wants the line.
  ["POST", "/runner/v1/self", []],
  ["POST", "/runner/v1/leave", []],
  ["GET", "/runner/v1/connect?category=example-compute", ["a runner"]],
  // A line's token opens no log.
  ["GET", RELAY, []],
  // The page's own files; what it shows comes by the calls below.
  ["GET", "/admin", ALL],
  ["GET", "/admin/", ALL],
  ["GET", "/admin/page.js", ALL],
  ["GET", "/admin/page.css", ALL],
  ["GET", "/admin/page.svg", ALL],
  ["POST", "/admin/enrollments", OWNERS],
  ["GET", "/admin/enrollments", READERS],
  ["DELETE", "/admin/enrollments/0011223344ff", OWNERS],
  ["GET", "/admin/overview", READERS],
  ["GET", "/admin/metrics", READERS],
  ["GET", "/admin/runners", READERS],
  ["POST", "/admin/runners/r-1/drain", OPERATORS],
  ["POST", "/admin/runners/r-1/resume", OPERATORS],
  ["POST", "/admin/runners/r-1/lost", OWNERS],
  ["POST", "/admin/runners/r-1/revoke", OWNERS],
  ["POST", "/admin/runners/r-1/remove", OWNERS],
  ["GET", "/admin/jobs", READERS],
  ["GET", "/admin/jobs/1", READERS],
  ["POST", "/admin/jobs/1/cancel", OPERATORS],
  ["POST", "/admin/jobs/1/fail", OPERATORS],
  ["POST", "/admin/jobs/1/resend", OPERATORS],
  ["POST", "/admin/jobs/1/discard", OPERATORS],
  ["GET", "/admin/queues", READERS],
  ["POST", "/admin/queues/example-compute/pause", OPERATORS],
  ["POST", "/admin/queues/example-compute/resume", OPERATORS],
  ["POST", "/admin/queues/example-compute/restored", OPERATORS],
  ["POST", "/admin/queues/example-compute/reconcile", OPERATORS],
  ["POST", "/admin/products/register", OWNERS],
  ["GET", "/admin/undelivered", READERS],
  ["GET", "/admin/export", OWNERS],
  ["POST", "/admin/import", OWNERS],
  ["POST", "/admin/restore", OWNERS],
  ["GET", "/admin/audit", READERS],
  ["GET", "/admin/nothing", READERS],
];

function askAs(caller: Caller, [method, path]: [string, string]): Promise<Response> {
  const isSocket = path.includes("websocket") || /^\/runner\/v1\/(connect|relay)/.test(path);
  const protocol = path.startsWith(RELAY) ? RELAY_SUBPROTOCOL : SUBPROTOCOL;
  const headers: Record<string, string> = isSocket ? { Upgrade: "websocket", "Sec-WebSocket-Protocol": protocol } : {};
  return Promise.resolve(CALLERS[caller]?.() ?? null).then((token) => call(path, { method, token, headers }));
}

describe.each(ROUTES)("%s %s", (method, path, allowed) => {
  test(`is for ${allowed.length === ALL.length ? "everybody" : allowed.join(", ") || "nobody"}`, async () => {
    for (const caller of ALL) {
      const response = await askAs(caller, [method, path]);
      const isBarred = READERS.includes(caller) && path.startsWith("/admin/");
      if (!allowed.includes(caller)) {
        const why = await expectError(response, isBarred ? 403 : 401, isBarred ? "FORBIDDEN" : "UNAUTHORIZED");
        expect(why).toContain(isBarred ? "role" : "token");
        continue;
      }
      expect([caller, response.status]).not.toEqual([caller, 401]);
      expect([caller, response.status]).not.toEqual([caller, 403]);
      response.webSocket?.accept();
      response.webSocket?.close();
    }
  });
});

test("no route is left out", () => {
  const asked = ROUTES.map(([method, path]) => `${method} ${path.split("?")[0]}`);
  const { routes } = createRouter(settingsOf(env));
  const known = routes.filter(([, , , path]) => !path?.includes("*")).map(([method, regex]) => ({ method, regex }));
  const left = known.filter(({ method, regex }) => {
    return !asked.some((one) => one.startsWith(`${method} `) && regex.test(one.slice(method.length + 1)));
  });
  expect(left.map(({ method, regex }) => `${method} ${regex.source}`)).toEqual([]);
  expect(known.length).toBeGreaterThan(45);
});
