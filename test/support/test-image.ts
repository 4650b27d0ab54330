/**
 * The image that tests and the demo run: busybox and the batch program of the example application. No registry is
 * needed, it is built in memory and imported. `localhost/` is where a runner looks first for the unqualified name
 * `acme/batch:1.0.0`.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { TarEntry } from "./tar.ts";
import { writeTar } from "./tar.ts";

export const TEST_IMAGE = "localhost/acme/batch:1.0.0";

/**
 * Prints its arguments, one a line, and works for WORK_SECONDS (2): a shell script, so that it takes TERM between two
 * short sleeps.
 */
const ACME_BATCH = `#!/bin/sh
for argument in "$@"; do printf '%s\\n' "$argument"; done
left=$(( \${WORK_SECONDS:-2} * 10 ))
while [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
`;

/** Where Debian's `busybox-static` and others put it; it must be statically linked. */
const BUSYBOX_PATHS = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"];

async function readBusybox(): Promise<{ path: string; binary: Buffer }> {
  for (const path of BUSYBOX_PATHS) {
    const binary = await readFile(path).catch(() => null);
    if (binary !== null) {
      return { path, binary };
    }
  }
  throw new Error("busybox is missing: install the package busybox-static");
}

/** The image's file system as a tar archive. `edition` makes one image differ from another. */
export async function buildTestImage(edition = "first"): Promise<Buffer> {
  const { path, binary } = await readBusybox();
  const { stdout } = await promisify(execFile)(path, ["--list"]);
  const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  const folders = ["./", "bin/", "dev/", "etc/", "home/", "proc/", "root/", "run/", "sys/", "usr/", "usr/bin/"];
  const entries: TarEntry[] = [
    // An importer takes the top folder's mode as it is: 0700 would lock out every user but root.
    ...[...folders, "usr/local/", "usr/local/bin/", "var/"].map((path) => ({ kind: "folder", path }) as const),
    { kind: "folder", path: "tmp/", mode: 0o1777 },
    { kind: "file", path: "bin/busybox", content: binary, mode: 0o755 },
    ...applets.map((name) => ({ kind: "link", path: `bin/${name}`, target: "busybox" }) as const),
    { kind: "file", path: "etc/passwd", content: Buffer.from("root:x:0:0:root:/root:/bin/sh\n") },
    { kind: "file", path: "etc/group", content: Buffer.from("root:x:0:\n") },
    { kind: "file", path: "etc/edition", content: Buffer.from(`${edition}\n`) },
    { kind: "file", path: "etc/not-a-program", content: Buffer.from("text\n") },
    { kind: "file", path: "usr/local/bin/acme-batch", content: Buffer.from(ACME_BATCH), mode: 0o755 },
    { kind: "link", path: "usr/local/bin/linked-batch", target: "/usr/local/bin/acme-batch" },
    { kind: "link", path: "usr/local/bin/endless", target: "endless" },
  ];
  return writeTar(entries);
}
