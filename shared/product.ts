/** A machine type that the site offers, as the operator writes it in the variable `PRODUCTS`. Durations in seconds. */
import * as z from "zod";
import { NAME } from "./ids.ts";
import { JOB_NETWORKS } from "./plan.ts";
import { cleanText } from "./text.ts";

const seconds = z.int().min(1).max(31_536_000);

export const productSchema = z.strictObject({
  name: z.string().regex(NAME),
  category: z.string().regex(NAME),
  /** Virtual cores; may be a fraction. */
  cpu: z.number().positive().max(4096),
  memoryInGigs: z.number().positive().max(65_536),
  gpu: z.int().min(0).max(64).default(0),
  gpuKind: z.string().max(64).nullish(),
  /** Its jobs have a machine to themselves; their limits and what they are charged stay those written here. */
  exclusive: z.boolean().default(false),
  description: z
    .string()
    .max(1000)
    .transform((text) => cleanText(text, 1000))
    .default(""),
  /** UCloud's integer price per unit. */
  price: z.int().min(0),
  /** What its jobs may reach; the rules are the runner's. */
  network: z.enum(["none", ...JOB_NETWORKS]).default("none"),
  /** `site`: neither the tail of the output nor a followed log leaves the node. */
  output: z.enum(["edge", "site"]).default("edge"),
  defaultTime: seconds.default(86_400),
  maxTime: seconds.default(2_592_000),
  stopGrace: z.int().min(1).max(600).default(30),
  /** Not given: the job's remaining time and 24 h, so that a silent node ends its own jobs. */
  maxSilence: z.int().min(1).nullish(),
  maxQueue: seconds.default(1_209_600),
  maxSuspend: seconds.default(86_400),
  fundsGrace: seconds.default(3600),
  /** What `/work` and the container's own layer may hold together. Not given: no bound. */
  diskInGigs: z.number().positive().max(1_048_576).nullish(),
});

export type Product = z.infer<typeof productSchema>;

/** The whole list; a (category, name) twice is refused by name. */
export const productsSchema = z
  .array(productSchema)
  .max(200)
  .superRefine((products, context) => {
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
  });
