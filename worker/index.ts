/** The Worker: settings, routes, and one answer for whatever goes wrong. The platform asks for a default export. */
import { registerRegularly } from "./admin/products.ts";
import { type Env, type Settings, SettingsError, settingsOf } from "./env.ts";
import { errorResponse, GatewayError } from "./http/errors.ts";
import { createRouter } from "./router.ts";
import { event } from "./telemetry.ts";

export { JobQueue } from "./queue/object.ts";
export { Registry } from "./registry/object.ts";
export { JobRelay } from "./relay/object.ts";

const routers = new WeakMap<Settings, ReturnType<typeof createRouter>>();

function routerOf(settings: Settings): ReturnType<typeof createRouter> {
  const router = routers.get(settings) ?? createRouter(settings);
  routers.set(settings, router);
  return router;
}

export default {
  async fetch(request, env, ctx): Promise<Response> {
    try {
      const settings = settingsOf(env);
      const waitUntil = (promise: Promise<unknown>) => ctx.waitUntil(promise);
      return await routerOf(settings).fetch(request, { env, settings, waitUntil });
    } catch (error) {
      return answerError(error);
    }
  },

  async scheduled(_controller, env): Promise<void> {
    await registerRegularly(settingsOf(env));
  },
} satisfies ExportedHandler<Env>;

/** A queue that is being moved, and one that takes no writes, is a moment's trouble: creates are repeated safely. */
function answerError(error: unknown): Response {
  if (error instanceof GatewayError) {
    return errorResponse(error.code, error.why);
  }
  if (error instanceof SettingsError) {
    event("settings.wrong", { problems: error.problems.join("; ") });
    return errorResponse("unavailable", `The gateway is not set up: ${error.problems.join("; ")}`);
  }
  const isTransient = isPlatformTrouble(error);
  event("request.failed", { error: error instanceof Error ? error.name : "unknown", transient: isTransient });
  return isTransient
    ? errorResponse("unavailable", "The gateway is busy for a moment; try again.")
    : errorResponse("internal", "Something went wrong in the gateway.");
}

/** What comes from an object: its own failure to store, or the platform's word that it could not be reached. */
function isPlatformTrouble(error: unknown): boolean {
  const flags = ["remote", "retryable", "overloaded", "durableObjectReset"];
  return typeof error === "object" && error !== null && flags.some((flag) => flag in error);
}
