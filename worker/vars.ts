/** The operator's settings that are no secrets: what `[vars]` of wrangler.toml may say. Checked before a deploy, too. */
import * as z from "zod/mini";
import { NAME } from "../shared/ids.ts";
import { productsSchema } from "../shared/product.ts";
import { invalid, matching } from "../shared/schema.ts";
import { utf8Length } from "../shared/text.ts";
import { timesSchema } from "../shared/times.ts";

/** The platform's limit for one variable. */
const MAX_VARIABLE_BYTES = 5 * 1024;

/** A setting given as a JSON string or as the value itself; an empty string is not given. */
const json = <S extends z.ZodMiniType>(schema: S, absent: unknown) =>
  z.pipe(
    z.transform((value, context) => {
      if (value === undefined || value === null || value === "") {
        return absent;
      }
      const bytes = utf8Length(typeof value === "string" ? value : JSON.stringify(value));
      if (bytes > MAX_VARIABLE_BYTES) {
        return invalid(context, `has ${bytes} bytes, at most ${MAX_VARIABLE_BYTES} are possible`);
      }
      if (typeof value !== "string") {
        return value;
      }
      try {
        return JSON.parse(value);
      } catch {
        return invalid(context, "is not JSON");
      }
    }),
    schema,
  );

export const varsSchema = z.object({
  PROVIDER_ID: matching(NAME, "is not set or not a provider's name"),
  UCLOUD_URL: z.url({ protocol: /^https?$/, error: "is not an http(s) address" }),
  PRODUCTS: json(productsSchema, []),
  DATA_JURISDICTION: z._default(z.enum(["eu", "us", "fedramp", "none", ""]), ""),
  TIMES: json(timesSchema, {}),
  ACCOUNTING: z._default(z.enum(["usage", "charges", "none", ""], "is none of usage, charges and none"), ""),
});

export type GatewayVars = z.infer<typeof varsSchema>;

/** One sentence per wrong setting; names the setting, never its value. */
export function problemsIn(error: z.core.$ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
}
