/** As whom jobs run: nobody's files are given away without a decision. */
import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { getent, jobUserOf, type Lookup } from "../../../runner/job-user.ts";
import { UsageError } from "../../../runner/usage-error.ts";

const ACCOUNTS: Record<string, string> = {
  "passwd anna": "anna:x:1000:1001:Anna:/home/anna:/bin/sh",
  "passwd root": "root:x:0:0:root:/root:/bin/sh",
  "passwd wheel-only": "wheel-only:x:1002:0::/:/bin/sh",
};
const UCLOUD = { uid: 11_042, gid: 11_042 };

const accounts =
  (more: Record<string, string> = {}): Lookup =>
  async (database, key) =>
    ({ ...ACCOUNTS, ...more })[`${database} ${key}`] ?? null;

const neverAsked: Lookup = async () => {
  throw new Error("nobody was to be asked");
};

test("a rootful runner takes UCloud's user where it is nobody's on this machine", async () => {
  expect(await jobUserOf(undefined, false, accounts())).toEqual(UCLOUD);
});

test.each([
  ["an account", { "passwd 11042": "peter:x:11042:100::/:/bin/sh" }],
  ["a group", { "group 11042": "lab:x:11042:" }],
])("a rootful runner refuses to start where %s has UCloud's id, and names the setting", async (_, more) => {
  const decided = jobUserOf(undefined, false, accounts(more));
  await expect(decided).rejects.toThrow(UsageError);
  await expect(decided).rejects.toThrow(/^job-user: 11042 belongs to an account of this machine/);
});

test("with a decision the id may be somebody's", async () => {
  const taken = accounts({ "passwd 11042": "peter:x:11042:100::/:/bin/sh" });
  expect(await jobUserOf("11042:11042", false, taken)).toEqual(UCLOUD);
});

test("a rootless runner takes it as it is: inside it is a subordinate id", async () => {
  expect(await jobUserOf(undefined, true, neverAsked)).toEqual(UCLOUD);
});

test.each([
  ["1000:1001", { uid: 1000, gid: 1001 }],
  ["anna", { uid: 1000, gid: 1001 }],
  ["4294967294:1", { uid: 4_294_967_294, gid: 1 }],
])("%s is uid and gid", async (setting, user) => {
  expect(await jobUserOf(setting, false, accounts())).toEqual(user);
});

test.each([
  "0:0",
  "0:5",
  "5:0",
  "root",
  "wheel-only",
  "4294967295:1",
  "1:9999999999",
  "nobody-here",
  "5",
  "-1:5",
  "a b",
  "--help",
])("%s is refused", async (setting) => {
  const decided = jobUserOf(setting, false, accounts());
  await expect(decided).rejects.toThrow(UsageError);
  await expect(decided).rejects.toThrow(/^job-user: /);
});

test("the machine's own database knows who runs this test, and no id that cannot be", async () => {
  const { uid, username } = userInfo();
  expect(await getent("passwd", String(uid))).toContain(`${username}:`);
  expect(await getent("passwd", "4294967290")).toBeNull();
});
