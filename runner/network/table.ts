/**
 * Our table in the kernel: set in one transaction, read back, and watched. What was read back once is what must be read
 * ever after; anything else, a rule less or a foreign one more, and the table is set anew.
 */
import * as z from "zod/mini";
import { mapped } from "../../shared/schema.ts";
import { type Nft, NftError } from "./nft.ts";
import { merged, parseRange, type Range } from "./ranges.ts";
import { chainShape, type Rules, rulesetText, type Shape, shapeOf, tableName } from "./ruleset.ts";

const elementSchema = z.union([
  mapped(z.string(), (text) => parseRange(text)),
  mapped(z.object({ prefix: z.object({ addr: z.string(), len: z.int() }) }), ({ prefix }) => {
    return parseRange(`${prefix.addr}/${prefix.len}`);
  }),
  mapped(z.object({ range: z.tuple([z.string(), z.string()]) }), ({ range: [from, to] }) => {
    const [first, last] = [parseRange(from), parseRange(to)];
    return first !== null && last !== null ? { first: first.first, last: last.last } : null;
  }),
]);
const listingSchema = z.object({
  nftables: z.array(
    z.object({
      chain: z.optional(z.object({ name: z.string(), hook: z.optional(z.string()), prio: z.optional(z.int()) })),
      set: z.optional(z.object({ name: z.string(), elem: z._default(z.array(elementSchema), []) })),
      rule: z.optional(z.object({ chain: z.string() })),
    }),
  ),
});

export class Table {
  readonly #nft: Nft;
  /** As the kernel showed it when it was found right. */
  #seal: string | null = null;
  #text: string | null = null;

  constructor(nft: Nft) {
    this.#nft = nft;
  }

  /** Whether the kernel would take them. Changes nothing. @throws NftError */
  async probe(rules: Rules): Promise<void> {
    await this.#nft(["--check", "--file", "-"], rulesetText(rules));
  }

  /** `restored`: they had been there and were not any more. @throws NftError */
  async secure(rules: Rules): Promise<"held" | "set" | "restored"> {
    const text = rulesetText(rules);
    const isSame = this.#text === text && this.#seal !== null;
    if (isSame && (await this.#list(rules).catch(() => null)) === this.#seal) {
      return "held";
    }
    this.#seal = null;
    await this.#nft(["--file", "-"], text);
    const listing = await this.#list(rules);
    requireShape(JSON.parse(listing), shapeOf(rules));
    this.#text = text;
    this.#seal = listing;
    return isSame ? "restored" : "set";
  }

  /** Without what changes by itself. */
  async #list({ stateFolder }: Rules): Promise<string> {
    const text = await this.#nft(["--json", "list", "table", "inet", tableName(stateFolder)]);
    return JSON.stringify(
      JSON.parse(text, (key, value) => (key === "handle" || key === "metainfo" ? undefined : value)),
    );
  }
}

function requireShape(listing: unknown, wanted: Shape): void {
  const parsed = listingSchema.safeParse(listing);
  if (!parsed.success || JSON.stringify(sorted(seenShape(parsed.data))) !== JSON.stringify(sorted(wanted))) {
    throw new NftError("the rules that were read back are not those that were set");
  }
}

function seenShape({ nftables }: z.infer<typeof listingSchema>): Shape {
  const rules = nftables.flatMap(({ rule }) => rule ?? []);
  const chains = nftables
    .flatMap(({ chain }) => chain ?? [])
    .map(({ name, hook, prio = 0 }) => {
      const count = rules.filter((rule) => rule.chain === name).length;
      return [name, chainShape(hook === undefined ? null : { name: hook, priority: prio }, count)];
    });
  const sets = nftables
    .flatMap(({ set }) => set ?? [])
    .map(({ name, elem }) => [name, merged(elem.flatMap((range) => range ?? []))]);
  return { chains: Object.fromEntries(chains), sets: Object.fromEntries(sets) };
}

function sorted({ chains, sets }: Shape): [string, string | Range[]][] {
  return [...Object.entries(chains), ...Object.entries(sets)].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
