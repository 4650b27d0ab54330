/** `npm run build`: the runner as one file, `dist/ucloud-runner.mjs` or the one named, for any Node ≥ 24. */
import { chmodSync } from "node:fs";
import { build, type Plugin } from "esbuild";

const OUT = process.argv[2] ?? "dist/ucloud-runner.mjs";

/** The template engine's program travels inside the file. */
const engineBytes: Plugin = {
  name: "engine-bytes",
  setup({ onLoad }) {
    onLoad({ filter: /\/runner\/template\/engine-bytes\.ts$/ }, () => ({
      contents: `
        import base64 from "minijinja-js/dist/web/minijinja_js_bg.wasm";
        export const engineBytes = () => Buffer.from(base64, "base64");
      `,
    }));
  },
};

await build({
  entryPoints: ["runner/cli.ts"],
  outfile: OUT,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "inline",
  loader: { ".wasm": "base64" },
  plugins: [engineBytes],
  // Packages written for `require` find one.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
chmodSync(OUT, 0o755);
console.log(OUT);
