/** What a deploy changes at a site, one line each, and what that means for jobs and runners. Pure. */
import type { Product } from "../../shared/product.ts";
import type { GatewayVars } from "../../worker/vars.ts";

/** What was deployed, with every default filled in. */
export interface Deployed {
  name: string;
  vars: GatewayVars;
}

export function changes(before: Deployed | undefined, after: Deployed): string[] {
  if (before === undefined) {
    return ["nothing is known of an earlier deploy from this file", ...after.vars.PRODUCTS.map(added)];
  }
  return [
    ...plainChanges("name", before.name, after.name),
    ...fieldChanges("", plainVars(before.vars), plainVars(after.vars)),
    ...fieldChanges("TIMES.", before.vars.TIMES, after.vars.TIMES),
    ...productChanges(before.vars.PRODUCTS, after.vars.PRODUCTS),
    ...(before.vars.DATA_JURISDICTION === after.vars.DATA_JURISDICTION
      ? []
      : ["! DATA_JURISDICTION cannot change once a job was accepted: the gateway would answer 503"]),
  ];
}

function plainVars({ PRODUCTS, TIMES, ...others }: GatewayVars): Record<string, unknown> {
  return others;
}

function productChanges(before: readonly Product[], after: readonly Product[]): string[] {
  const old = new Map(before.map((product) => [keyOf(product), product]));
  const now = new Map(after.map((product) => [keyOf(product), product]));
  const open = new Set(after.map((product) => product.category));
  const closing = new Set(before.map((product) => product.category).filter((category) => !open.has(category)));
  return [
    ...after.filter((product) => !old.has(keyOf(product))).map(added),
    ...before.filter((product) => !now.has(keyOf(product))).map((product) => `- product ${keyOf(product)}`),
    ...after.flatMap((product) => {
      const was = old.get(keyOf(product));
      return was === undefined ? [] : fieldChanges(`product ${keyOf(product)}: `, was, product);
    }),
    ...[...closing].map((category) => `! category ${category} closes: no new jobs, its runners finish what they have`),
  ];
}

function fieldChanges(prefix: string, before: object, after: object): string[] {
  const old: Record<string, unknown> = { ...before };
  const now: Record<string, unknown> = { ...after };
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => plainChanges(`${prefix}${name}`, old[name], now[name]));
}

function plainChanges(name: string, before: unknown, after: unknown): string[] {
  return (before ?? null) === (after ?? null) ? [] : [`~ ${name} ${shown(before)} → ${shown(after)}`];
}

const keyOf = (product: Product) => `${product.category}/${product.name}`;

const added = (product: Product) =>
  `+ product ${keyOf(product)}: ${product.cpu} cpu, ${product.memoryInGigs} GiB, ${product.gpu} GPU, price ${product.price}`;

const shown = (value: unknown) => (value === undefined || value === null || value === "" ? "(none)" : String(value));
