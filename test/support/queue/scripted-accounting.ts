/** UCloud's side of accounting, with its rules: figures by owner and scope, a bad owner refuses what comes after it. */

import type { Accounting, AccountingMode } from "../../../worker/queue/ports.ts";
import type { Bill, Charge, FundsAnswer } from "../../../worker/ucloud/accounting.ts";

export class ScriptedAccounting implements Accounting {
  mode: AccountingMode;
  /** Every request, in order. */
  readonly reports: Bill[][] = [];
  readonly charges: Charge[][] = [];
  readonly checks: Charge[][] = [];
  /** What it has booked, by scope. */
  readonly booked = new Map<string, number>();
  readonly violations: string[] = [];
  /** `createdBy` of owners, or ids of jobs, without funds. */
  readonly broke = new Set<string>();
  /** Refused with 403. */
  readonly unknown = new Set<string>();
  trouble: Exclude<FundsAnswer, { kind: "ok" }> | null = null;
  /** Takes effect, and the answer is lost. */
  isAnswerLost = false;
  /** Happens once, while the next request is under way. */
  meanwhile: (() => void | Promise<void>) | null = null;

  constructor(mode: AccountingMode = "usage") {
    this.mode = mode;
  }

  async reportUsage(bills: Bill[]): Promise<FundsAnswer> {
    this.reports.push(structuredClone(bills));
    this.#checkSize(bills);
    return this.#answer(bills.map(({ owner, scope, usage }) => ({ name: owner.createdBy, scope, amount: usage })));
  }

  async charge(charges: Charge[]): Promise<FundsAnswer> {
    this.charges.push(structuredClone(charges));
    this.#checkSize(charges);
    return this.#answer(charges.map(({ id, chargeId, periods }) => ({ name: id, scope: chargeId, amount: periods })));
  }

  async checkCredits(charges: Charge[]): Promise<FundsAnswer> {
    this.checks.push(structuredClone(charges));
    return this.trouble ?? { kind: "ok", funded: charges.map(({ id }) => !this.broke.has(id)) };
  }

  /** Of all charges of one job together. */
  chargedTo(id: string): number {
    return [...this.booked].reduce((sum, [scope, amount]) => sum + (scope.startsWith(`${id}-`) ? amount : 0), 0);
  }

  async #answer(items: { name: string; scope: string; amount: number }[]): Promise<FundsAnswer> {
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
    if (this.trouble !== null) {
      return this.trouble;
    }
    for (const { name, scope, amount } of items) {
      if (this.unknown.has(name)) {
        return { kind: "rejected", status: 403 };
      }
      const before = this.booked.get(scope) ?? 0;
      if (!Number.isInteger(amount) || amount < before) {
        this.violations.push(`${scope}: ${amount} after ${before}`);
      }
      this.booked.set(scope, amount);
    }
    if (this.isAnswerLost) {
      return { kind: "unavailable", status: null };
    }
    return { kind: "ok", funded: items.map(({ name }) => !this.broke.has(name)) };
  }

  #checkSize(items: unknown[]): void {
    if (items.length === 0 || items.length > 500) {
      this.violations.push(`a bulk of ${items.length}`);
    }
  }
}
