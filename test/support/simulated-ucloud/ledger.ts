/**
 * UCloud's wallets and its rules for use: booked item by item up to the first bad one, past the quota as well, and what
 * once went past it stays locked until there is a new allocation.
 */
import * as z from "zod";
import type { Exchange } from "./simulated-ucloud.ts";

const bulkSchema = z.object({
  items: z.array(
    z.object({
      isDeltaCharge: z.literal(false),
      owner: z.object({ type: z.enum(["user", "project"]), username: z.string(), projectId: z.string() }),
      categoryIdV2: z.object({ name: z.string(), provider: z.string() }),
      usage: z.int(),
      description: z.object({ scope: z.string(), description: z.null() }),
    }),
  ),
});
const chargesSchema = z.object({
  items: z.array(z.object({ id: z.string(), chargeId: z.string(), units: z.int(), periods: z.int() })),
});

type Payer = { createdBy: string; project: string | null };
type Wallet = { quota: number; scopes: Map<string, number>; isLocked: boolean; isAsked: boolean };
type Rules = { providerId: string; payerOf(jobId: string): Payer | undefined; announce(): void; violations: string[] };

export class Ledger {
  readonly #wallets = new Map<string, Wallet>();
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** An allocation: what is used from now on may be as much. */
  grant(owner: string, quota: number): void {
    const wallet = this.#walletOf(owner);
    wallet.quota = total(wallet) + quota;
    wallet.isLocked = quota <= 0;
    wallet.isAsked = false;
  }

  /** The provider has heard of the last grant. */
  isAskedSince(owner: string): boolean {
    return this.#walletOf(owner).isAsked;
  }

  usedUnder(scope: string): number | null {
    const figures = [...this.#wallets.values()].flatMap(({ scopes }) => scopes.get(scope) ?? []);
    return figures[0] ?? null;
  }

  /** Of all charges of one job together. */
  chargedTo(jobId: string): number {
    const scopes = [...this.#wallets.values()].flatMap((wallet) => [...wallet.scopes]);
    return scopes.reduce((sum, [scope, amount]) => sum + (scope.startsWith(`${jobId}-`) ? amount : 0), 0);
  }

  answer(path: string, body: unknown): Exchange | null {
    switch (path) {
      case "/api/accounting/v2/reportUsage":
        return this.#report(body);
      case "/api/jobs/control/chargeCredits":
        return this.#charge(body, true);
      case "/api/jobs/control/checkCredits":
        return this.#charge(body, false);
      default:
        return null;
    }
  }

  #report(body: unknown): Exchange {
    const parsed = bulkSchema.safeParse(body);
    if (!parsed.success || parsed.data.items.length > 500) {
      this.#rules.violations.push("use that it cannot read");
      return { status: 400, body: { why: "Invalid request supplied" } };
    }
    const responses: boolean[] = [];
    for (const { owner, categoryIdV2, usage, description } of parsed.data.items) {
      const name = owner.type === "project" ? owner.projectId : owner.username;
      if (name === "" || usage < 0 || categoryIdV2.provider !== this.#rules.providerId) {
        return { status: 403, body: { why: "Forbidden" } };
      }
      responses.push(this.#book(this.#walletOf(name), description.scope, usage));
    }
    this.#rules.announce();
    return { status: 200, body: responses.length === 0 ? {} : { responses } };
  }

  #charge(body: unknown, isBooked: boolean): Exchange {
    const { items } = chargesSchema.parse(body);
    const insufficientFunds: { id: string }[] = [];
    for (const { id, chargeId, periods } of items) {
      const payer = this.#rules.payerOf(id);
      if (payer === undefined) {
        return { status: 400, body: { why: "Unknown job" } };
      }
      const wallet = this.#walletOf(payer.project ?? payer.createdBy);
      wallet.isAsked = true;
      const isFunded = isBooked ? this.#book(wallet, chargeId, periods) : !wallet.isLocked;
      insufficientFunds.push(...(isFunded ? [] : [{ id }]));
    }
    this.#rules.announce();
    return { status: 200, body: { insufficientFunds, duplicateCharges: [] } };
  }

  #book(wallet: Wallet, scope: string, usage: number): boolean {
    wallet.isAsked = true;
    if (usage < (wallet.scopes.get(scope) ?? 0)) {
      this.#rules.violations.push(`${scope}: a figure that goes down`);
    }
    wallet.scopes.set(scope, usage);
    this.#lock(wallet);
    return !wallet.isLocked;
  }

  #lock(wallet: Wallet): void {
    wallet.isLocked ||= total(wallet) >= wallet.quota;
  }

  #walletOf(owner: string): Wallet {
    const wallet = this.#wallets.get(owner) ?? {
      quota: Number.POSITIVE_INFINITY,
      scopes: new Map(),
      isLocked: false,
      isAsked: false,
    };
    this.#wallets.set(owner, wallet);
    return wallet;
  }
}

function total({ scopes }: Wallet): number {
  return [...scopes.values()].reduce((sum, usage) => sum + usage, 0);
}
