/** `ADMIN_TOKEN`: bare tokens, and entries `name:role:token` for administrators who may do less than everything. */
import * as z from "zod/mini";
import { NAME } from "../../shared/ids.ts";
import { invalid, mapped } from "../../shared/schema.ts";

/** Each may do what those before it may. */
const ROLES = ["read", "operate", "owner"] as const;
export type Role = (typeof ROLES)[number];

export type Administrator = { name: string; role: Role };
export type AdminToken = Administrator & { token: string };

/** Whose a bare token is. */
const BARE: Administrator = { name: "admin", role: "owner" };

export function mayDo(role: Role, asked: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(asked);
}

export const adminTokensSchema = mapped(z._default(z.string(), ""), (text, context): AdminToken[] => {
  const entries = text.split(/\s+/).filter((entry) => entry !== "");
  const tokens = entries.map(tokenOf);
  if (entries.length === 0) {
    return invalid(context, "is not set");
  }
  if (tokens.includes(null)) {
    const roles = ROLES.join(", ");
    return invalid(context, `has an entry that is neither a bare token nor name:role:token with a role of ${roles}`);
  }
  return tokens.filter((token) => token !== null);
});

/** An entry with a misspelt role must not become a bare token, which may do everything. */
function tokenOf(entry: string): AdminToken | null {
  const [name = "", role = "", ...rest] = entry.split(":");
  if (rest.length === 0) {
    return { ...BARE, token: entry };
  }
  const known = ROLES.find((one) => one === role);
  const token = rest.join(":");
  return known === undefined || token === "" || !NAME.test(name) ? null : { name, role: known, token };
}
