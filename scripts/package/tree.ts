/** What is installed, as a folder that looks like the machine's root: the same for the Debian package and the archive. */
import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { bashCompletion, fishCompletion, zshCompletion } from "../../runner/manual/completion.ts";
import { manPage } from "../../runner/manual/man.ts";
import { VERSION } from "../../runner/version.ts";
import { bundleRunner } from "./bundle.ts";
import { noticesFor } from "./notices.ts";
import { NODE, PROJECT } from "./project.ts";

const LIBRARY = "usr/lib/ucloud-runner";
const DOCUMENTS = "usr/share/doc/ucloud-runner";

export async function makeTree(root: string): Promise<void> {
  const program = join(root, LIBRARY, "ucloud-runner.mjs");
  const inputs = await bundleRunner(program);
  const copies: [from: string, to: string, mode: number][] = [
    [NODE, `${LIBRARY}/node`, 0o755],
    [join(PROJECT, "packaging/ucloud-runner"), "usr/bin/ucloud-runner", 0o755],
    [join(PROJECT, "packaging/config.json"), "etc/ucloud-runner/config.json", 0o644],
    [join(PROJECT, "runner/ucloud-runner.service"), "usr/lib/systemd/system/ucloud-runner.service", 0o644],
  ];
  for (const [from, to, mode] of copies) {
    place(join(root, to), mode, (path) => copyFileSync(from, path));
  }
  chmodSync(program, 0o644);
  const texts: [to: string, text: string | Buffer][] = [
    [`${DOCUMENTS}/copyright`, noticesFor(inputs, process.versions.node)],
    ["usr/share/man/man8/ucloud-runner.8.gz", gzipSync(manPage(VERSION))],
    ["usr/share/bash-completion/completions/ucloud-runner", bashCompletion()],
    ["usr/share/zsh/vendor-completions/_ucloud-runner", zshCompletion()],
    ["usr/share/fish/vendor_completions.d/ucloud-runner.fish", fishCompletion()],
  ];
  for (const [to, text] of texts) {
    place(join(root, to), 0o644, (path) => writeFileSync(path, text));
  }
}

/** With its folders, whatever the umask takes away. */
export function place(path: string, mode: number, write: (path: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  write(path);
  chmodSync(path, mode);
}

/** Every file and folder below `root`, sorted, with `root` itself as the last. */
export function pathsIn(root: string): { folders: string[]; files: string[] } {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = (isFolder: boolean) =>
    entries
      .filter((entry) => entry.isDirectory() === isFolder)
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  return { folders: [...paths(true), root], files: paths(false) };
}

/** Whoever builds, whenever and under whatever umask: modes of folders and all times are these. */
export function settle(root: string, seconds: number): void {
  const { folders, files } = pathsIn(root);
  for (const folder of folders) {
    chmodSync(folder, 0o755);
  }
  for (const path of [...files, ...folders]) {
    lutimesSync(path, seconds, seconds);
  }
}
