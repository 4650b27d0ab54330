/** The peers are no part of the product: they are installed when a row asks for them, beside its packages. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const PROJECT = new URL("../../..", import.meta.url).pathname;
const FOLDER = join(PROJECT, "test-results/bench-peers");
const DEBIAN_PACKAGES = ["redis-server", "slurmctld", "slurmd", "slurm-client", "munge", "curl"];

/** The folder whose packages are the peers' own. */
export function installPeers(): string {
  execFileSync(process.execPath, [join(PROJECT, "scripts/prepare.mjs"), ...DEBIAN_PACKAGES], { stdio: "inherit" });
  if (!existsSync(join(FOLDER, "node_modules/bullmq"))) {
    mkdirSync(FOLDER, { recursive: true });
    copyFileSync(new URL("package.json", import.meta.url), join(FOLDER, "package.json"));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: FOLDER, stdio: "ignore" });
  }
  return FOLDER;
}
