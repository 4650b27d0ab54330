/** What an operator says about jobs' networks, checked. */
import { isIPv4 } from "node:net";
import * as z from "zod";
import { JOB_NETWORKS } from "../../shared/plan.ts";
import { parseJobProxy } from "./job-proxy.ts";
import { isIpv6Range, parseRange } from "./ranges.ts";
import { holdsSubnet } from "./subnets.ts";

const list = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(","))])
  .transform((given) => given.map((one) => one.trim()).filter((one) => one !== ""));

const networks = list
  .refine(
    (given) => given.every((one) => [...JOB_NETWORKS, "none"].some((known) => known === one)),
    `is not a list of ${JOB_NETWORKS.join(", ")}, or none`,
  )
  .transform((given) => JOB_NETWORKS.filter((network) => given.includes(network)));

const subnets = list.refine(
  (given) =>
    given.length > 0 &&
    given.every((text) => {
      const range = parseRange(text);
      return range !== null && holdsSubnet(range);
    }),
  "is not a list of IPv4 prefixes such as 10.214.0.0/16, each a /28 or larger",
);

/** Jobs have no IPv6: a prefix of it is denied already. */
const deny = list.refine(
  (given) => given.every((text) => parseRange(text) !== null || isIpv6Range(text)),
  "is not a list of prefixes such as 203.0.113.0/24",
);

const resolvers = list.refine(
  (given) => given.length <= 3 && given.every((text) => isIPv4(text) && !/^(127|0)\./.test(text)),
  "is not a list of at most three IPv4 addresses beside the loopback's",
);

const jobProxy = z.string().transform((text, context) => {
  const parsed = parseJobProxy(text);
  if (typeof parsed === "string") {
    context.addIssue({ code: "custom", message: parsed });
    return z.NEVER;
  }
  return parsed;
});

export const networkSettings = {
  /** Other networks than none that jobs may have here. `site` must be asked for. */
  networks: networks.default(["internet"]),
  /** Each job's own network is cut from them. */
  "job-subnets": subnets.default(["10.214.0.0/16"]),
  /** Name services of jobs; empty: the node's own. */
  "job-resolvers": resolvers.default([]),
  /** What no job may reach, beside what none ever may. */
  deny: deny.default([]),
  /** The one address of the inside that every job with a network may reach, and is told of. */
  "job-proxy": jobProxy.optional(),
  /** Names and addresses that jobs ask directly, beside their own loopback. */
  "job-no-proxy": list.default([]),
  /** Authorities that jobs with a network believe beside the public ones. */
  "job-ca-file": z.string().optional(),
};
