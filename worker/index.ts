/** The Worker: settings, routes, and one answer for whatever goes wrong. The platform asks for a default export. */
import { registerRegularly } from "./admin/products.ts";
import { type Env, type Settings, SettingsError, settingsOf } from "./env.ts";
import { type CallFacts, noteCall } from "./http/call-event.ts";
import { type ErrorCode, errorResponse, GatewayError } from "./http/errors.ts";
import { type Call, createRouter } from "./router.ts";
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
    const startMs = Date.now();
    const facts: CallFacts = {};
    const { response, errorCode } = await answer(request, env, {
      waitUntil: (promise) => ctx.waitUntil(promise),
      facts,
    });
    noteCall(request, { status: response.status, errorCode, startMs, nowMs: Date.now(), facts });
    return response;
  },

  async scheduled(_controller, env): Promise<void> {
    await registerRegularly(settingsOf(env));
  },
} satisfies ExportedHandler<Env>;

type Around = Pick<Call, "waitUntil" | "facts">;
type Answered = { response: Response; errorCode: string | null };

async function answer(request: Request, env: Env, around: Around): Promise<Answered> {
  try {
    const settings = settingsOf(env);
    return { response: await routerOf(settings).fetch(request, { env, settings, ...around }), errorCode: null };
  } catch (error) {
    return answerError(error);
  }
}

/** A queue that is being moved, and one that takes no writes, is a moment's trouble: creates are repeated safely. */
function answerError(error: unknown): Answered {
  if (error instanceof GatewayError) {
    return refusal(error.code, error.why);
  }
  if (error instanceof SettingsError) {
    event("settings.wrong", { problems: error.problems.join("; ") });
    return refusal("unavailable", `The gateway is not set up: ${error.problems.join("; ")}`);
  }
  const isTransient = isPlatformTrouble(error);
  event("request.failed", { error: error instanceof Error ? error.name : "unknown", transient: isTransient });
  return isTransient
    ? refusal("unavailable", "The gateway is busy for a moment; try again.")
    : refusal("internal", "Something went wrong in the gateway.");
}

function refusal(code: ErrorCode, why: string): Answered {
  return { response: errorResponse(code, why), errorCode: code };
}

/** What comes from an object: its own failure to store, or the platform's word that it could not be reached. */
function isPlatformTrouble(error: unknown): boolean {
  const flags = ["remote", "retryable", "overloaded", "durableObjectReset"];
  return typeof error === "object" && error !== null && flags.some((flag) => flag in error);
}
