/** `npm run gateway`: the gateway without Cloudflare, until it is told to stop. */
import { once } from "node:events";
import { StateFolderInUse } from "../runner/state-lock.ts";
import { UsageError } from "../runner/usage-error.ts";
import { backUp } from "./gateway/backup.ts";
import { startBareGateway } from "./gateway/bare-gateway.ts";
import { HELP, readFlags, type Serve } from "./gateway/flags.ts";
import { readSettings } from "./gateway/settings.ts";

const tell = (event: string, fields = {}): void => console.log(JSON.stringify({ event, ...fields }));

async function serve({ stateDir, port, host, envFile, trusted }: Serve): Promise<void> {
  const settings = readSettings(envFile, process.env);
  const told = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const gateway = await startBareGateway(
    { stateDir, port, settings, trusted, ...(host === undefined ? {} : { host }) },
    tell,
  );
  await told;
  await gateway.stop();
  tell("gateway.stopped");
}

async function main(): Promise<void> {
  const wanted = readFlags(process.argv.slice(2));
  switch (wanted.verb) {
    case "help":
      console.log(HELP);
      return;
    case "backup":
      tell("gateway.backed_up", { databases: backUp(wanted.stateDir, wanted.copyDir), to: wanted.copyDir });
      return;
    case "serve":
      await serve(wanted);
  }
}

// Everything that it writes is for its own account.
process.umask(0o077);
try {
  await main();
} catch (error) {
  const words = error instanceof StateFolderInUse ? "another gateway works in this state folder" : String(error);
  tell("gateway.failed", { why: error instanceof UsageError ? error.message : words });
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
