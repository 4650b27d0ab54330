/** The least that could keep a line to a gateway: Node and one WebSocket that pings, as one bundled file. */
import { join } from "node:path";
import { build } from "esbuild";

const PROJECT = new URL("../..", import.meta.url).pathname;
const PROGRAM = `
  import WebSocket from "ws";
  const socket = new WebSocket(process.argv[2].replace("http", "ws"), { perMessageDeflate: false });
  socket.on("open", () => setInterval(() => socket.send("ping"), 15_000));
`;

/** Its path; it takes the address as its argument. */
export async function bareClient(folder: string): Promise<string> {
  const outfile = join(folder, "bare-client.mjs");
  await build({
    ...{ stdin: { contents: PROGRAM, resolveDir: PROJECT }, outfile, bundle: true, platform: "node", format: "esm" },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}
