/** What a queue is given of UCloud: its control API, accounting for the queue's category, and the terms of its products. */
import type { Settings } from "../env.ts";
import type { QueuePorts } from "../queue/ports.ts";
import { createUcloudClient } from "./client.ts";
import { coreFetch } from "./core-fetch.ts";
import { termsOfProduct } from "./site-rules.ts";

type UcloudPorts = Pick<QueuePorts, "control" | "accounting" | "termsOfProduct">;

export function ucloudPorts(settings: Settings, category: string, now: () => number): UcloudPorts {
  const { ucloudUrl, refreshTokens, providerId, accounting, products } = settings;
  const control = createUcloudClient({ ucloudUrl, refreshTokens, fetch: coreFetch, now });
  return {
    control,
    accounting: {
      mode: accounting,
      reportUsage: (bills) => control.reportUsage({ name: category, provider: providerId }, bills),
      charge: control.charge,
      checkCredits: control.checkCredits,
    },
    termsOfProduct: (productId) => termsOfProduct({ productId, category }, products),
  };
}
