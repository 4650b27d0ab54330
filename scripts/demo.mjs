/** `npm run demo`: installs what is missing, then plays one job through everything. `--keep` leaves it all running. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { NODE, PROJECT, prepare } from "./prepare.mjs";

try {
  prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const demo = spawn(NODE, [join(PROJECT, "scripts/demo/main.ts"), ...process.argv.slice(2)], {
  cwd: PROJECT,
  stdio: "inherit",
});
// The demo puts everything away before it ends; it hears a Ctrl-C by itself.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => demo.kill("SIGTERM"));
demo.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
