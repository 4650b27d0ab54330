/**
 * Installs what is missing before the demo or the tests, and asks no network where nothing is. Plain JavaScript for
 * Node 20 without any package: it runs on a machine that has nothing yet.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The Node that the project is written for comes with its packages. */
export const NODE = join(PROJECT, "node_modules/node/bin/node");

/** What gives jobs networks and their rules; a network for tests to reach is laid with iproute2. */
const NETWORK_PACKAGES = ["nftables", "netavark", "iptables", "iproute2"];
/** What runs jobs, by Debian's names; busybox is the content of the image that is built here. */
const DEBIAN_PACKAGES = ["podman", "runc", "catatonit", "busybox-static", "uidmap", ...NETWORK_PACKAGES];
/** What the tests look at the operator's page with, make certificates with, and set machines up with as operators do. */
export const TEST_PACKAGES = ["chromium", "openssl", "curl", "python3-yaml", "ansible-core", "python3-apt"];
const APT = ["apt-get", "install", "--yes", "--no-install-recommends"];

/**
 * `more`: Debian packages beside those of the product.
 *
 * @throws Error with the one command to run, where this cannot or must not install by itself.
 */
export function prepare(more = []) {
  if (!hasNpmPackages()) {
    console.log("Installing npm packages…");
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  const missing = missingDebianPackages([...DEBIAN_PACKAGES, ...more]);
  if (missing.length > 0) {
    installDebianPackages(missing);
  }
}

/** Each package of the lock file that this machine needs is there in the locked version. */
function hasNpmPackages() {
  if (!existsSync(NODE)) {
    return false;
  }
  const locked = packagesOf("package-lock.json");
  const installed = packagesOf("node_modules/.package-lock.json");
  return Object.entries(locked).every(
    ([path, { version, optional }]) =>
      path === "" || installed[path]?.version === version || (optional && installed[path] === undefined),
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(PROJECT, file), "utf8")).packages;
  } catch {
    return {};
  }
}

function missingDebianPackages(wanted) {
  if (!existsSync("/usr/bin/dpkg-query")) {
    const isComplete = wanted
      .filter((name) => ["podman", "runc", "chromium"].includes(name))
      .every((program) => spawnSync(program, ["--version"]).status === 0);
    return isComplete ? [] : wanted;
  }
  return wanted.filter((name) => !isDebianPackageInstalled(name));
}

function isDebianPackageInstalled(name) {
  const { stdout } = spawnSync("dpkg-query", ["--status", name]);
  return stdout.toString().includes("\nStatus: install ok installed\n");
}

function installDebianPackages(missing) {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new Error(`Some programs are missing. On Debian run: sudo ${APT.join(" ")} ${missing.join(" ")}`);
  }
  console.log(`Installing ${missing.join(", ")}…`);
  run("apt-get", ["update", "-qq"]);
  const [command, ...words] = APT;
  run(command, [...words, "-qq", ...missing]);
}

/** Quiet while all goes well. */
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync(command, args, { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} failed:\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepare([...TEST_PACKAGES, ...process.argv.slice(2)]);
}
