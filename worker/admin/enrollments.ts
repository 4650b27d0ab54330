/** `POST /admin/enrollments`: a code with which one runner may enrol within an hour. */
import * as z from "zod";
import { NAME } from "../../shared/ids.ts";
import { readBody } from "../http/body.ts";
import { GatewayError } from "../http/errors.ts";
import { registryOf } from "../queue/stub.ts";
import { cidrSchema } from "../runner/address.ts";
import type { AdminCall } from "./call.ts";

const MAX_BODY_BYTES = 16_384;

const enrollmentSchema = z.strictObject({
  name: z.string().regex(NAME, "A name has 1 to 64 letters, digits, dots, hyphens and underscores."),
  categories: z.array(z.string()).min(1).max(50),
  /** One network or several. */
  cidr: z
    .preprocess((given) => (typeof given === "string" ? [given] : given), z.array(cidrSchema).min(1).max(20))
    .optional(),
});

export async function newEnrollment(request: Request, { env, settings, said }: AdminCall): Promise<Response> {
  const { name, categories, cidr = null } = await readBody(request, enrollmentSchema, MAX_BODY_BYTES);
  said.object = name;
  const known = new Set(settings.products.map(({ category }) => category));
  const unknown = categories.findIndex((category) => !known.has(category));
  if (unknown >= 0) {
    throw new GatewayError("bad_request", `categories[${unknown}]: No product of PRODUCTS has this category.`);
  }
  const code = await registryOf(env).newCode({ name, categories: [...new Set(categories)], cidr });
  return Response.json(code, { status: 201 });
}
