/**
 * The user that jobs run as. UCloud's is 11042, which on a shared machine may be a real person: then a rootful runner
 * asks for a decision instead of giving that person's files to jobs.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UsageError } from "./usage-error.ts";

export type JobUser = { uid: number; gid: number };

const UCLOUD_ID = 11_042;
const LOOKUP_MS = 10_000;
/** `getent` says so when there is no such entry. */
const NO_ENTRY = 2;
/** The largest id; the one above it means "none". */
const MAX_ID = 2 ** 32 - 2;

/** A line of the account database, or null: the id or name is nobody's. */
export type Lookup = (database: "passwd" | "group", key: string) => Promise<string | null>;

/** @throws UsageError naming the setting. */
export async function jobUserOf(setting: string | undefined, rootless: boolean, lookup: Lookup): Promise<JobUser> {
  if (setting !== undefined) {
    return parseUser(setting, lookup);
  }
  if (rootless) {
    return { uid: UCLOUD_ID, gid: UCLOUD_ID };
  }
  for (const database of ["passwd", "group"] as const) {
    if ((await lookup(database, String(UCLOUD_ID))) !== null) {
      throw new UsageError(`job-user: ${UCLOUD_ID} belongs to an account of this machine; say as whom jobs shall run`);
    }
  }
  return { uid: UCLOUD_ID, gid: UCLOUD_ID };
}

async function parseUser(setting: string, lookup: Lookup): Promise<JobUser> {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(setting) ?? [];
  const user =
    uid === undefined || gid === undefined ? await userNamed(setting, lookup) : { uid: Number(uid), gid: Number(gid) };
  if (user.uid === 0 || user.gid === 0) {
    throw new UsageError("job-user: jobs do not run as root");
  }
  if (user.uid > MAX_ID || user.gid > MAX_ID) {
    throw new UsageError("job-user: an id is too large");
  }
  return user;
}

async function userNamed(name: string, lookup: Lookup): Promise<JobUser> {
  const fields = /^[A-Za-z_][A-Za-z0-9._-]*$/.test(name) ? (await lookup("passwd", name))?.split(":") : undefined;
  if (fields === undefined) {
    throw new UsageError("job-user: this is neither an account of this machine nor uid:gid");
  }
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The machine's own account database, directories included. */
export const getent: Lookup = async (database, key) => {
  try {
    const { stdout } = await promisify(execFile)("getent", [database, key], { timeout: LOOKUP_MS });
    return stdout.trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === NO_ENTRY) {
      return null;
    }
    if (code === "ENOENT") {
      throw new UsageError("job-user: the accounts of this machine cannot be read without getent; set it");
    }
    // A directory that is not up yet: the next start may find it.
    throw new Error("job-user: the accounts of this machine cannot be read now", { cause: error });
  }
};
