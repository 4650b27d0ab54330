/**
 * Where the job's user is at home in an image: the image's own home if that user may write to it. Read from the tar
 * archives in which Podman shows files of an image. Pure.
 */
import { isAbsolute, join } from "node:path/posix";

export type User = { uid: number; gid: number };

/** What is at a path: the head of the first entry of its archive. */
export type ArchiveHead = { isFolder: boolean; mode: number; uid: number; gid: number };

/** The first block of an archive. */
export const HEAD_BYTES = 512;
const FOLDER = "5";

/** null: it is no archive, or the numbers in it are beyond those of a plain one. */
export function archiveHead(archive: Buffer): ArchiveHead | null {
  const octal = (from: number, to: number) => Number.parseInt(archive.toString("latin1", from, to), 8);
  const [mode, uid, gid] = [octal(100, 108), octal(108, 116), octal(116, 124)];
  if (archive.length < HEAD_BYTES || Number.isNaN(mode + uid + gid)) {
    return null;
  }
  return { isFolder: archive.toString("latin1", 156, 157) === FOLDER, mode, uid, gid };
}

/** The text of an archive's first file. */
export function archivedText(archive: Buffer): string {
  return archive.toString("utf8", HEAD_BYTES).split("\0")[0] ?? "";
}

/** What the image itself says: its variable, else its account of the user. */
export function namedHome(environment: Readonly<Record<string, string>>, passwd: string, { uid }: User): string | null {
  const account = passwd.split("\n").find((line) => line.split(":")[2] === String(uid));
  const home = environment.HOME || account?.split(":")[5] || "";
  return isAbsolute(home) ? join(home) : null;
}

export function mayWrite({ uid, gid }: User, folder: ArchiveHead): boolean {
  // The owner's bits, else the group's, else everybody's: the first that fits decides, as in the kernel.
  const shift = folder.uid === uid ? 6 : folder.gid === gid ? 3 : 0;
  return folder.isFolder && ((folder.mode >> shift) & 0o3) === 0o3;
}
