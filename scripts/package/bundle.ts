/** The runner as one file for any Node ≥ 24. */
import { chmodSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { PROJECT } from "./project.ts";

const ENGINE = join(PROJECT, "node_modules/minijinja-js/dist/web/minijinja_js_bg.wasm");

/** The template engine's program travels inside the file, compressed: Node holds the whole file in memory. */
const engineBytes: Plugin = {
  name: "engine-bytes",
  setup({ onLoad }) {
    onLoad({ filter: /\/runner\/template\/engine-bytes\.ts$/ }, async () => ({
      contents: `
        import { brotliDecompressSync } from "node:zlib";
        export const engineBytes = () => brotliDecompressSync(Buffer.from("${await compressed(ENGINE)}", "base64"));
      `,
    }));
  },
};

/**
 * Imported as an ES module, `node:http` has every name of its read, and some are Node's whole `fetch`: 12 MiB that nobody
 * here uses. Whoever requires it is spared that.
 */
const requiredHttp: Plugin = {
  name: "required-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path }) => ({ path, namespace: "required" }));
    onLoad({ filter: /./, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}");`,
    }));
  },
};

async function compressed(path: string): Promise<string> {
  return brotliCompressSync(await readFile(path)).toString("base64");
}

/** The files that it is made of. The same sources give the same bytes, wherever it is called. */
export async function bundleRunner(outfile: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ["runner/cli.ts"],
    outfile,
    bundle: true,
    metafile: true,
    // Names stay, for whoever reads a stack.
    ...{ minifyWhitespace: true, minifySyntax: true },
    platform: "node",
    target: "node24",
    format: "esm",
    legalComments: "inline",
    plugins: [engineBytes, requiredHttp],
    // Packages written for `require` find one.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  // One character beyond Latin-1 and V8 keeps two bytes of each; esbuild leaves them in regular expressions.
  if (/[\u0080-\uffff]/.test(await readFile(outfile, "utf8"))) {
    throw new Error("the bundle is not ASCII: write the character as \\u....");
  }
  chmodSync(outfile, 0o755);
  return Object.keys(metafile.inputs);
}
