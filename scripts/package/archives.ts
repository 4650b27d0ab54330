/** The tree as files to hand out. Equal trees give equal bytes: order, owners, times and compression are fixed. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { PROJECT } from "./project.ts";
import { pathsIn, place, settle } from "./tree.ts";

export type Release = {
  /** As Debian compares it. */
  version: string;
  /** As Debian calls the processor. */
  architecture: string;
  /** Of the commit. */
  seconds: number;
  /** Of compression, 1 to 9. */
  level: string;
};

const OWNED_BY_ROOT = ["--owner=0", "--group=0", "--numeric-owner"];
/** What `ldd` says of the Node that comes along, Podman as the runner knows it, and what rootless cannot do without. */
const DEPENDS = "libc6 (>= 2.28), libgcc-s1, libstdc++6, passwd, podman (>= 4.3), catatonit, uidmap";
/** The rest of rootless, and the rules of jobs that may reach the internet. */
const RECOMMENDS = "slirp4netns | passt, fuse-overlayfs, dbus-user-session, nftables";

export function makeArchive(tree: string, out: string, { version, architecture, seconds, level }: Release): string {
  settle(tree, seconds);
  const name = `ucloud-runner_${version}_linux_${architecture}.tar.gz`;
  const path = join(out, name);
  execFileSync("tar", [
    ...["--sort=name", "--format=gnu", ...OWNED_BY_ROOT, `--mtime=@${seconds}`],
    ...[`--use-compress-program=gzip --no-name -${level}`, "--create", `--file=${path}`, `--directory=${tree}`, "."],
  ]);
  return path;
}

/** Adds Debian's own files to the tree for as long as it takes. */
export function makeDebianPackage(tree: string, out: string, release: Release): string {
  const { version, architecture, seconds, level } = release;
  const path = join(out, `ucloud-runner_${version}_${architecture}.deb`);
  const control = join(tree, "DEBIAN");
  const sums = md5Sums(tree);
  const kibibytes = Math.ceil(pathsIn(tree).files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
  for (const name of readdirSync(join(PROJECT, "packaging/debian"))) {
    const from = join(PROJECT, "packaging/debian", name);
    place(join(control, name), name === "conffiles" ? 0o644 : 0o755, (to) => copyFileSync(from, to));
  }
  place(join(control, "control"), 0o644, (to) => writeFileSync(to, controlFile(release, kibibytes)));
  place(join(control, "md5sums"), 0o644, (to) => writeFileSync(to, sums));
  settle(tree, seconds);
  const compression = ["-Zzstd", `-z${level}`, "--threads-max=1"];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds) };
  execFileSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", tree, path], { env, stdio: "pipe" });
  rmSync(control, { recursive: true });
  return path;
}

function controlFile({ version, architecture }: Release, kibibytes: number): string {
  return `Package: ucloud-runner
Version: ${version}
Architecture: ${architecture}
Maintainer: The operators of ucloud-edge <root@localhost>
Installed-Size: ${kibibytes}
Depends: ${DEPENDS}
Recommends: ${RECOMMENDS}
Section: admin
Priority: optional
Description: runs jobs of a UCloud provider on this machine
 The runner dials the provider's gateway, takes batch jobs that fit the machine
 and runs each in a Podman container. It brings its own Node. Jobs outlive its
 restarts, upgrades and removal.
`;
}

/** What `dpkg --verify` compares. Settings are the operator's. */
function md5Sums(tree: string): string {
  const { files } = pathsIn(tree);
  const kept = files.filter((file) => !file.startsWith(join(tree, "etc/")));
  return kept.map((file) => `${digest("md5", file)}  ${relative(tree, file)}\n`).join("");
}

/** As `sha256sum --check` reads them. */
export function sha256Sums(paths: readonly string[]): string {
  return paths.map((path) => `${digest("sha256", path)}  ${basename(path)}\n`).join("");
}

function digest(algorithm: "md5" | "sha256", path: string): string {
  return createHash(algorithm).update(readFileSync(path)).digest("hex");
}
