/**
 * Whether the kernel ended a process of a container because its memory was used up. Podman 4.3 does not tell: conmon
 * writes its note into the service's working directory, where nobody reads it. The kernel's log names the cgroup.
 */
import { constants, read as readCallback } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { hasCode } from "../error-code.ts";

const readOnce = promisify(readCallback);
/** A record of the kernel's log is at most about 1 KiB; the whole log is some thousands. */
const MAX_RECORDS = 50_000;
const RECORD_BYTES = 8192;

/** Pure: `oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/…/libpod-ID,…`. */
export function tellsOfOom(record: string, containerId: string): boolean {
  const memcg = /;oom-kill:.*\boom_memcg=([^,\n]+)/.exec(record)?.[1];
  return memcg?.includes(`libpod-${containerId}`) ?? false;
}

/** False too where the kernel's log may not be read, as by a user who is not root on most systems. */
export async function findOom(containerId: string, path = "/dev/kmsg"): Promise<boolean> {
  const log = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (log === null) {
    return false;
  }
  try {
    return await scan(log, containerId);
  } finally {
    await log.close();
  }
}

async function scan(log: FileHandle, containerId: string): Promise<boolean> {
  const buffer = Buffer.alloc(RECORD_BYTES);
  for (let count = 0; count < MAX_RECORDS; count++) {
    const bytes = await readRecord(log, buffer);
    if (bytes === 0) {
      return false;
    }
    if (tellsOfOom(buffer.toString("latin1", 0, bytes), containerId)) {
      return true;
    }
  }
  return false;
}

/** One record; 0 at the end of the log. */
async function readRecord(log: FileHandle, buffer: Buffer): Promise<number> {
  try {
    const { bytesRead } = await readOnce(log.fd, buffer, 0, buffer.length, null);
    return bytesRead;
  } catch (error) {
    // EPIPE: the record was overwritten meanwhile, and the next read goes on behind it. Anything else, and EAGAIN
    // first of all, is the end.
    return hasCode(error, "EPIPE") ? 1 : 0;
  }
}
