/** Tells UCloud of our products: by `POST /admin/products/register`, and regularly by the platform's clock. */
import type { Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { event } from "../telemetry.ts";
import { createUcloudClient, type RegisterAnswer } from "../ucloud/client.ts";
import { coreFetch } from "../ucloud/core-fetch.ts";
import { registrationOf } from "../ucloud/product-registration.ts";

/** @throws GatewayError when there is nothing to register, or UCloud cannot be asked. */
export async function registerProducts({ settings }: { settings: Settings }): Promise<Response> {
  if (settings.products.length === 0) {
    throw new GatewayError("bad_request", "PRODUCTS: There are no products to register.");
  }
  const answer = await register(settings);
  if (answer.kind === "refresh-refused") {
    throw new GatewayError("refresh_refused", "UCloud refuses UCLOUD_REFRESH_TOKEN.");
  }
  if (answer.kind === "unavailable") {
    throw new GatewayError("unavailable", "UCloud does not answer.");
  }
  return Response.json({ status: answer.status, answer: answer.body ?? null });
}

/** Never throws: nobody reads the clock's errors but the log. */
export async function registerRegularly(settings: Settings): Promise<void> {
  if (settings.products.length > 0) {
    const answer = await register(settings);
    const status = answer.kind === "answered" ? answer.status : null;
    event("products.registered", { products: settings.products.length, answer: answer.kind, status });
  }
}

function register({ ucloudUrl, refreshTokens, products, providerId }: Settings): Promise<RegisterAnswer> {
  const client = createUcloudClient({
    ucloudUrl,
    refreshTokens,
    fetch: coreFetch,
    now: () => Date.now(),
  });
  return client.register(registrationOf(products, providerId));
}
