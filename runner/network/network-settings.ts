/** What an operator says about jobs' networks, checked. */
import { isIPv4 } from "node:net";
import * as z from "zod/mini";
import { JOB_NETWORKS } from "../../shared/plan.ts";
import { invalid, mapped } from "../../shared/schema.ts";
import { list } from "../list-setting.ts";
import { parseJobProxy } from "./job-proxy.ts";
import { isIpv6Range, parseRange } from "./ranges.ts";
import { holdsSubnet } from "./subnets.ts";

const networks = mapped(
  list.check(
    z.refine(
      (given) => given.every((one) => [...JOB_NETWORKS, "none"].some((known) => known === one)),
      `is not a list of ${JOB_NETWORKS.join(", ")}, or none`,
    ),
  ),
  (given) => JOB_NETWORKS.filter((network) => given.includes(network)),
);

const subnets = list.check(
  z.refine(
    (given) =>
      given.length > 0 &&
      given.every((text) => {
        const range = parseRange(text);
        return range !== null && holdsSubnet(range);
      }),
    "is not a list of IPv4 prefixes such as 10.214.0.0/16, each a /28 or larger",
  ),
);

/** Jobs have no IPv6: a prefix of it is denied already. */
const deny = list.check(
  z.refine(
    (given) => given.every((text) => parseRange(text) !== null || isIpv6Range(text)),
    "is not a list of prefixes such as 203.0.113.0/24",
  ),
);

const resolvers = list.check(
  z.refine(
    (given) => given.length <= 3 && given.every((text) => isIPv4(text) && !/^(127|0)\./.test(text)),
    "is not a list of at most three IPv4 addresses beside the loopback's",
  ),
);

const jobProxy = mapped(z.string(), (text, context) => {
  const parsed = parseJobProxy(text);
  if (typeof parsed === "string") {
    return invalid(context, parsed);
  }
  return parsed;
});

export const networkSettings = {
  /** Other networks than none that jobs may have here. `site` must be asked for. */
  networks: z._default(networks, ["internet"]),
  /** Each job's own network is cut from them. */
  "job-subnets": z._default(subnets, ["10.214.0.0/16"]),
  /** Name services of jobs; empty: the node's own. */
  "job-resolvers": z._default(resolvers, []),
  /** What no job may reach, beside what none ever may. */
  deny: z._default(deny, []),
  /** The one address of the inside that every job with a network may reach, and is told of. */
  "job-proxy": z.optional(jobProxy),
  /** Names and addresses that jobs ask directly, beside their own loopback. */
  "job-no-proxy": z._default(list, []),
  /** Authorities that jobs with a network believe beside the public ones. */
  "job-ca-file": z.optional(z.string()),
};
