/** A small file system that has no byte left. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns what makes room again. */
export function fillDisk(folder: string): () => void {
  const path = join(folder, "others");
  writeFileSync(path, "");
  for (let bytes = 2 ** 20; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    growUntilRefused(path, bytes);
  }
  return () => rmSync(path);
}

function growUntilRefused(path: string, bytes: number): void {
  for (;;) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      return;
    }
  }
}
