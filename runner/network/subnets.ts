/** A subnet for each job, cut from the setting `job-subnets`. Pure. */
import { addressOf, overlaps, type Range } from "./ranges.ts";

/** Its first address is the node's end of the bridge, the next one the job's. */
const SUBNET_BITS = 28;
const SUBNET_SIZE = 2 ** (32 - SUBNET_BITS);

/** `number` counts over all of `job-subnets`. */
export type Subnet = { number: number; cidr: string; gateway: string };

/** The first that overlaps nothing taken; null: all are. */
export function freeSubnet(pools: readonly Range[], taken: readonly Range[]): Subnet | null {
  let number = 0;
  for (const pool of pools) {
    for (let first = pool.first; first + SUBNET_SIZE - 1 <= pool.last; first += SUBNET_SIZE, number++) {
      if (!taken.some((other) => overlaps(other, { first, last: first + SUBNET_SIZE - 1 }))) {
        return { number, cidr: `${addressOf(first)}/${SUBNET_BITS}`, gateway: addressOf(first + 1) };
      }
    }
  }
  return null;
}

export function holdsSubnet({ first, last }: Range): boolean {
  return last - first + 1 >= SUBNET_SIZE;
}
