/**
 * What UCloud is told of use, in today's and the older way. Both answer with who has funds left: UCloud itself neither
 * stops nor refuses anything. Nothing throws.
 */
import * as z from "zod/mini";
import type { Owner } from "../queue/api.ts";
import type { Ask } from "./client.ts";
import type { Unanswered } from "./control.ts";

/** `usage` is the whole of its scope so far, so a repeat changes nothing. */
export type Bill = { owner: Owner; scope: string; usage: number };
/** A charge id counts once in the whole provider; `periods` are minutes of `units`. */
export type Charge = { id: string; chargeId: string; units: number; periods: number };

/** `funded` in the order of the items. `rejected`: one of the items is bad, and those before it may be booked. */
export type FundsAnswer = { kind: "ok"; funded: boolean[] } | { kind: "rejected"; status: number } | Unanswered;

export interface AccountingApi {
  /** At most 500 items. */
  reportUsage(category: { name: string; provider: string }, bills: Bill[]): Promise<FundsAnswer>;
  charge(charges: Charge[]): Promise<FundsAnswer>;
  /** Books nothing. */
  checkCredits(charges: Charge[]): Promise<FundsAnswer>;
}

const reportedSchema = z.object({ responses: z.array(z.boolean()) });
const chargedSchema = z.object({ insufficientFunds: z.nullish(z.array(z.object({ id: z.string() }))) });

export function accountingOver(ask: Ask): AccountingApi {
  async function post<T>(path: string, items: object[], schema: z.ZodMiniType<T>, read: (answer: T) => boolean[]) {
    const reached = await ask({ method: "POST", path, body: { items } });
    if (reached.kind !== "answered") {
      return reached;
    }
    const { status, body, isForeign } = reached.answer;
    if (status !== null && !isForeign && [400, 403, 404].includes(status)) {
      return { kind: "rejected" as const, status };
    }
    const parsed = schema.safeParse(body);
    if (status !== 200 || !parsed.success) {
      return { kind: "unavailable" as const, status };
    }
    const funded = read(parsed.data);
    return funded.length === items.length ? { kind: "ok" as const, funded } : { kind: "unavailable" as const, status };
  }

  function postCharges(call: string, charges: Charge[]): Promise<FundsAnswer> {
    const items = charges.map((charge) => ({ ...charge, performedBy: null, description: null }));
    return post(`/api/jobs/control/${call}`, items, chargedSchema, ({ insufficientFunds }) => {
      const without = new Set(insufficientFunds?.map(({ id }) => id));
      return charges.map(({ id }) => !without.has(id));
    });
  }

  return {
    reportUsage: (category, bills) => {
      const items = bills.map(({ owner, scope, usage }) => ({
        isDeltaCharge: false,
        owner: walletOwner(owner),
        categoryIdV2: category,
        usage,
        description: { scope, description: null },
      }));
      return post("/api/accounting/v2/reportUsage", items, reportedSchema, ({ responses }) => responses);
    },
    charge: (charges) => postCharges("chargeCredits", charges),
    checkCredits: (charges) => postCharges("checkCredits", charges),
  };
}

/** Without its right type UCloud does not find an owner that it has not seen for ten minutes. */
function walletOwner({ createdBy, project }: Owner): object {
  return project === null
    ? { type: "user", username: createdBy, projectId: "" }
    : { type: "project", username: "", projectId: project };
}
