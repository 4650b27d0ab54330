/** `npm run build`: the runner as one file, `dist/ucloud-runner.mjs`, for any Node ≥ 24. */
import { chmodSync } from "node:fs";
import { build } from "esbuild";

const OUT = "dist/ucloud-runner.mjs";

await build({
  entryPoints: ["runner/cli.ts"],
  outfile: OUT,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "inline",
  // Packages written for `require` find one.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
chmodSync(OUT, 0o755);
console.log(OUT);
