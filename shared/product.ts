/** A machine type that the site offers, as the operator writes it in the variable `PRODUCTS`. Durations in seconds. */
import * as z from "zod/mini";
import { NAME } from "./ids.ts";
import { JOB_NETWORKS } from "./plan.ts";
import { mapped, matching, textUpTo, whole } from "./schema.ts";
import { cleanText } from "./text.ts";

const seconds = whole(1, 31_536_000);
const description = mapped(textUpTo(1000), (text) => cleanText(text, 1000));

export const productSchema = z.strictObject({
  name: matching(NAME),
  category: matching(NAME),
  /** Virtual cores; may be a fraction. */
  cpu: z.number().check(z.positive(), z.lte(4096)),
  memoryInGigs: z.number().check(z.positive(), z.lte(65_536)),
  gpu: z._default(whole(0, 64), 0),
  gpuKind: z.nullish(textUpTo(64)),
  /** Its jobs have a machine to themselves; their limits and what they are charged stay those written here. */
  exclusive: z._default(z.boolean(), false),
  description: z._default(description, ""),
  /** UCloud's integer price per unit. */
  price: whole(0),
  /** What its jobs may reach; the rules are the runner's. */
  network: z._default(z.enum(["none", ...JOB_NETWORKS]), "none"),
  /** `site`: neither the tail of the output nor a followed log leaves the node. */
  output: z._default(z.enum(["edge", "site"]), "edge"),
  defaultTime: z._default(seconds, 86_400),
  maxTime: z._default(seconds, 2_592_000),
  stopGrace: z._default(whole(1, 600), 30),
  /** Not given: the job's remaining time and 24 h, so that a silent node ends its own jobs. */
  maxSilence: z.nullish(whole(1)),
  maxQueue: z._default(seconds, 1_209_600),
  maxSuspend: z._default(seconds, 86_400),
  fundsGrace: z._default(seconds, 3600),
  /** What `/work` and the container's own layer may hold together. Not given: no bound. */
  diskInGigs: z.nullish(z.number().check(z.positive(), z.lte(1_048_576))),
});

export type Product = z.infer<typeof productSchema>;

/** The whole list; a (category, name) twice is refused by name. */
export const productsSchema = z.array(productSchema).check(
  z.maxLength(200),
  z.superRefine((products, context) => {
    const seen = new Set<string>();
    products.forEach((product, index) => {
      const key = `${product.category}/${product.name}`;
      if (seen.has(key)) {
        context.addIssue({ code: "custom", path: [index, "name"], message: `${key} is listed twice` });
      }
      seen.add(key);
      if (product.defaultTime > product.maxTime) {
        context.addIssue({ code: "custom", path: [index, "defaultTime"], message: "is more than maxTime" });
      }
    });
  }),
);
