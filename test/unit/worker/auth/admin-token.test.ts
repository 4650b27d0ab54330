/** `ADMIN_TOKEN`: who may do what, by bare tokens and by entries with a name and a role. */
import { expect, test } from "vitest";
import { adminTokensSchema, mayDo, type Role } from "../../../../worker/auth/admin-token.ts";

const admin = (token: string) => ({ name: "admin", role: "owner", token });

test.each([
  ["one", [admin("one")]],
  [" one\n\ttwo ", [admin("one"), admin("two")]],
  ["rita:read:abc", [{ name: "rita", role: "read", token: "abc" }]],
  ["o.t-t_o:operate:a:b:c one", [{ name: "o.t-t_o", role: "operate", token: "a:b:c" }, admin("one")]],
  [
    "olga:owner:x olga:owner:y",
    [
      { name: "olga", role: "owner", token: "x" },
      { name: "olga", role: "owner", token: "y" },
    ],
  ],
  // One colon makes no entry with a role.
  ["half:token", [admin("half:token")]],
])("%j is understood", (text, tokens) => {
  expect(adminTokensSchema.parse(text)).toEqual(tokens);
});

test.each([undefined, "", " \n"])("%j is not set", (text) => {
  expect(adminTokensSchema.safeParse(text).error?.issues.map(({ message }) => message)).toEqual(["is not set"]);
});

test.each(["rita:reader:abc", "rita:READ:abc", "rita:read:", ":read:abc", "ri/ta:read:abc", "::", "one rita:own:abc"])(
  "%j is refused and never becomes a token that may do everything",
  (text) => {
    const { success, error } = adminTokensSchema.safeParse(text);
    expect(success).toBe(false);
    expect(error?.issues[0]?.message).toContain("name:role:token");
    expect(error?.issues[0]?.message).not.toContain("abc");
  },
);

const ROLES: Role[] = ["read", "operate", "owner"];

test("each role may do what those before it may, and no more", () => {
  const allowed = ROLES.map((role) => ROLES.filter((asked) => mayDo(role, asked)));
  expect(allowed).toEqual([["read"], ["read", "operate"], ["read", "operate", "owner"]]);
});
