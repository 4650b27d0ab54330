/** What UCloud polls about eight times in ten seconds: answered from the settings, without waking an object. */
import type { Settings } from "../env.ts";
import { queueStatuses } from "../isolate.ts";
import type { QueueStatus } from "../queue/api.ts";

/** How a queue stands is no news after this. */
const STATUS_AGE_MS = 60_000;

/** `GET jobs/retrieveProducts`: what works, and nothing that does not. */
export function jobSupport({ providerId, products }: Settings, nowMs: number): unknown {
  return {
    responses: products.map(({ name, category, output }) => ({
      product: { id: name, category, provider: providerId },
      docker: {
        enabled: true,
        web: false,
        vnc: false,
        logs: output === "edge",
        terminal: false,
        peers: false,
        timeExtension: true,
        utilization: true,
      },
      virtualMachine: { enabled: false, suspension: false },
      native: { enabled: false },
      queueStatus: queueStatus(category, nowMs),
    })),
  };
}

function queueStatus(category: string, nowMs: number): QueueStatus {
  const known = queueStatuses.get(category);
  return known !== undefined && nowMs - known.atMs < STATUS_AGE_MS ? known.status : "AVAILABLE";
}

/** No user has to be connected to this provider. */
export const MANIFEST = { enabled: false, expireAfterMs: null };

export function branding({ providerId, products }: Settings): unknown {
  const categories = new Map(products.map(({ category, description }) => [category, description]));
  return {
    id: providerId,
    title: providerId,
    shortTitle: providerId,
    shortDescription: "",
    description: "",
    url: "",
    logo: null,
    sections: [],
    productDescription: [...categories].map(([category, shortDescription]) => ({
      category,
      shortDescription,
      section: { description: "", image: null },
    })),
  };
}

/** Kinds of products that this provider does not have. */
export const OTHER_PRODUCTS = [
  "files/collections",
  "ingresses",
  "networkips",
  "licenses",
  "private-networks",
  "shares",
];
export const NO_PRODUCTS = { responses: [] };
