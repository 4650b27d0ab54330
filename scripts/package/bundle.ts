/** The runner as one file for any Node ≥ 24. */
import { chmodSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { PROJECT } from "./project.ts";

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

/** The files that it is made of. The same sources give the same bytes, wherever it is called. */
export async function bundleRunner(outfile: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ["runner/cli.ts"],
    outfile,
    bundle: true,
    metafile: true,
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
  chmodSync(outfile, 0o755);
  return Object.keys(metafile.inputs);
}
