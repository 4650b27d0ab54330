/**
 * The same Worker on bare workerd (`npm run gateway`): what Cloudflare adds around it is added here: who calls, rate
 * limits, and the clock's word. The platform asks for a default export.
 */
import { knownCategories } from "../admin/categories.ts";
import { registerRegularly } from "../admin/products.ts";
import { type Env, settingsOf } from "../env.ts";
import worker from "../index.ts";
import { queueOf } from "../queue/stub.ts";
import { callerAddress } from "./caller.ts";
import { createLimiter, limitSchema } from "./limiter.ts";

export { JobQueue, JobRelay, Registry } from "../index.ts";

type Incoming = Request<unknown, IncomingRequestCfProperties>;
type Limits = "CONNECT_LIMIT" | "CONNECT_ADDRESS_LIMIT" | "ENROLL_LIMIT";
/** Limits are given as numbers; those who are believed about the caller's address are separated by commas. */
type BareEnv = Omit<Env, Limits> & Record<Limits, unknown> & { TRUST_FORWARDED: string };
type Surroundings = { env: Env; trusted: string[] };

const known = new WeakMap<BareEnv, Surroundings>();

function around(bare: BareEnv): Surroundings {
  const surroundings = known.get(bare) ?? {
    env: {
      ...bare,
      CONNECT_LIMIT: limiter(bare.CONNECT_LIMIT),
      CONNECT_ADDRESS_LIMIT: limiter(bare.CONNECT_ADDRESS_LIMIT),
      ENROLL_LIMIT: limiter(bare.ENROLL_LIMIT),
    },
    trusted: bare.TRUST_FORWARDED.split(",").filter((address) => address !== ""),
  };
  known.set(bare, surroundings);
  return surroundings;
}

function limiter(given: unknown): RateLimit {
  return createLimiter(limitSchema.parse(given), () => Date.now());
}

/** Of nobody else the address matters. */
const RUNNER_PATHS = "/runner/";
const RESTORED = { reason: "The gateway goes on from a copy of its state.", by: "gateway" };

/** Listens on a socket in the state folder: who may open that may ring. */
export const clock = {
  async fetch(request, bare): Promise<Response> {
    const { env } = around(bare);
    const settings = settingsOf(env);
    if (new URL(request.url).pathname === "/restored") {
      const categories = await knownCategories({ env, settings });
      await Promise.all(categories.map((category) => queueOf(env, category).restored(RESTORED)));
    } else {
      await registerRegularly(settings);
    }
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<BareEnv>;

export default {
  async fetch(request, bare, ctx): Promise<Response> {
    const { env, trusted } = around(bare);
    const isRunner = pathOf(request).startsWith(RUNNER_PATHS);
    return worker.fetch(isRunner ? withCaller(request, trusted) : request, env, ctx);
  },
} satisfies ExportedHandler<BareEnv>;

function pathOf({ url }: Request): string {
  return url.slice(url.indexOf("/", url.indexOf("//") + 2));
}

/** The request as the platform would have delivered it. */
function withCaller(request: Incoming, trusted: readonly string[]): Incoming {
  const clientIp = request.cf?.clientIp;
  const peer = typeof clientIp === "string" ? clientIp : "unknown";
  const headers = new Headers(request.headers);
  headers.set("CF-Connecting-IP", callerAddress(peer, headers.get("X-Forwarded-For"), trusted));
  return new Request(request, { headers });
}
