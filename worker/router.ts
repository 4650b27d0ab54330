/** Every path of the gateway, and who may call it. */
import { IttyRouter } from "itty-router";
import { enterAdmin, refuseAdmin } from "./admin/door.ts";
import { showHealth } from "./admin/health.ts";
import { PAGE_FILES } from "./admin/page.ts";
import { ADMIN_ROUTES } from "./admin/routes.ts";
import { checkUcloudToken } from "./auth/ucloud.ts";
import type { Env, Settings } from "./env.ts";
import type { CallFacts } from "./http/call-event.ts";
import { GatewayError } from "./http/errors.ts";
import { corePoll } from "./isolate.ts";
import { checkJurisdiction } from "./registry/jurisdiction.ts";
import { followJobs } from "./relay/follow.ts";
import { connectRunner } from "./runner/connect.ts";
import { enrollRunner } from "./runner/enroll.ts";
import { serveLog } from "./runner/relay.ts";
import { leave, showSelf } from "./runner/self.ts";
import { createJobs } from "./ucloud/create.ts";
import { extendJobs } from "./ucloud/extend.ts";
import { answerOtherCall, answerUpdateAcl, OTHER_CALLS } from "./ucloud/other-calls.ts";
import { branding, jobSupport, MANIFEST, NO_PRODUCTS, OTHER_PRODUCTS } from "./ucloud/support.ts";
import { suspendJobs } from "./ucloud/suspend.ts";
import { terminateJobs } from "./ucloud/terminate.ts";
import { retrieveUtilization } from "./ucloud/utilization.ts";
import { verifyJobs } from "./ucloud/verify.ts";

export type Call = {
  env: Env;
  settings: Settings;
  waitUntil(promise: Promise<unknown>): void;
  /** For the event of the call. */
  facts: CallFacts;
};

export function createRouter({ providerId }: Settings) {
  const provider = `/ucloud/${providerId}`;
  const router = IttyRouter();

  router.get("/healthz", (_request, call: Call) => showHealth(call, Date.now()));
  // Some monitors ask for the head alone.
  router.head("/healthz", async (_request, call: Call) => new Response(null, await showHealth(call, Date.now())));

  // The older UCloud's upgrade carries no token; its frames do.
  for (const path of [`/ucloud/jobs.provider.${providerId}/websocket`, `${provider}/websocket`]) {
    router.get(path, (request, call: Call) => followJobs(request, call));
  }
  router.all(`${provider}/*`, async (request, { settings }: Call) => {
    await checkUcloudToken(request, settings.publicKeys, Date.now());
    corePoll.atMs = Date.now();
  });
  router.get(`${provider}/jobs/retrieveProducts`, (_request, { settings }: Call) =>
    Response.json(jobSupport(settings, Date.now())),
  );
  for (const kind of OTHER_PRODUCTS) {
    router.get(`${provider}/${kind}/retrieveProducts`, () => Response.json(NO_PRODUCTS));
  }
  router.get(`${provider}/integration/retrieveManifest`, () => Response.json(MANIFEST));
  router.post(`${provider}/jobs/updateAcl`, (request) => answerUpdateAcl(request));
  for (const call of OTHER_CALLS) {
    router.post(`${provider}/${call}`, () => answerOtherCall(call));
  }
  router.get(`${provider}/provider/branding/retrieveInfo`, (_request, { settings }: Call) =>
    Response.json(branding(settings)),
  );
  router.all(`${provider}/*`, (_request, { env, settings }: Call) => checkJurisdiction(env, settings));
  router.post(`${provider}/jobs`, (request, call: Call) => createJobs(request, call));
  router.post(`${provider}/jobs/extend`, (request, call: Call) => extendJobs(request, call));
  router.post(`${provider}/jobs/suspend`, (request, call: Call) => suspendJobs(request, call, true));
  router.post(`${provider}/jobs/unsuspend`, (request, call: Call) => suspendJobs(request, call, false));
  router.get(`${provider}/jobs/retrieveUtilization`, (_request, call: Call) => retrieveUtilization(call, Date.now()));
  router.post(`${provider}/jobs/verify`, (request, call: Call) => verifyJobs(request, call));
  router.post(`${provider}/jobs/terminate`, (request, call: Call) => terminateJobs(request, call));

  router.all("/runner/*", (_request, { env, settings }: Call) => checkJurisdiction(env, settings));
  router.post("/runner/v1/enroll", (request, call: Call) => enrollRunner(request, call));
  router.post("/runner/v1/self", (request, call: Call) => showSelf(request, call));
  router.post("/runner/v1/leave", (request, call: Call) => leave(request, call));
  router.get("/runner/v1/connect", (request, call: Call) => connectRunner(request, call));
  router.get("/runner/v1/relay", (request, call: Call) => serveLog(request, call));

  for (const { path, show } of PAGE_FILES) {
    router.get(path, show);
  }
  for (const route of ADMIN_ROUTES) {
    router[route.method](route.path, (request, call: Call) => enterAdmin(route, request, call));
  }
  router.all("/admin/*", (request, call: Call) => refuseAdmin(request, call));

  router.all("*", () => {
    throw new GatewayError("not_found", "There is no such call.");
  });
  return router;
}
