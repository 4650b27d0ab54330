/** The way into the admin API: who asks, whether they may, and for each write a line in the audit. */
import type { IRequest } from "itty-router";
import { administratorOf } from "../auth/admin.ts";
import { mayDo } from "../auth/admin-token.ts";
import type { Env, Settings } from "../env.ts";
import { GatewayError, statusOf } from "../http/errors.ts";
import { checkJurisdiction } from "../registry/jurisdiction.ts";
import { auditWrite } from "./audit.ts";
import type { AdminCall } from "./call.ts";
import type { AdminRoute } from "./routes.ts";

type Deps = { env: Env; settings: Settings };

/** @throws GatewayError `unauthorized`, `forbidden`, or what the call itself throws. */
export async function enterAdmin(route: AdminRoute, request: IRequest & Request, deps: Deps): Promise<Response> {
  const { env, settings } = deps;
  const by = await administratorOf(request, settings.adminTokens);
  await checkJurisdiction(env, settings);
  const said = { object: request.params.id ?? request.params.name ?? "", reason: null };
  const call: AdminCall = { env, settings, by, said };
  if (route.method === "get") {
    return answer(route, request, call);
  }
  const verb = verbOf(route);
  try {
    const response = await answer(route, request, call);
    await auditWrite(call, verb, response.status);
    return response;
  } catch (error) {
    await auditWrite(call, verb, error instanceof GatewayError ? statusOf(error.code) : 500);
    throw error;
  }
}

/** For paths that do not exist: strangers learn nothing of them. */
export async function refuseAdmin(request: Request, { env, settings }: Deps): Promise<never> {
  await administratorOf(request, settings.adminTokens);
  await checkJurisdiction(env, settings);
  throw new GatewayError("not_found", "There is no such call.");
}

async function answer(route: AdminRoute, request: IRequest & Request, call: AdminCall): Promise<Response> {
  if (!mayDo(call.by.role, route.role)) {
    const why = `This token's role is ${call.by.role}; this call needs the role ${route.role}.`;
    throw new GatewayError("forbidden", why);
  }
  return route.answer(request, call);
}

/** `runners.drain` of `/admin/runners/:id/drain`. */
function verbOf({ method, path }: AdminRoute): string {
  const [, , ...words] = path.split("/");
  const said = words.filter((word) => !word.startsWith(":"));
  return [...said, ...(method === "delete" ? [method] : [])].join(".");
}
