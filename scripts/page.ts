/** The operator's page as one file, `dist/page.json`, for the Worker. `wrangler` runs this before it bundles. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const PAGE = new URL("../page/", import.meta.url);
const OUT = new URL("../dist/page.json", import.meta.url);

async function built(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL(name, PAGE).pathname],
    ...{ bundle: true, minify: true, write: false, format: "esm", target: "es2022", charset: "utf8" },
    // A site's browsers are a year or two old, not ten: `light-dark()` and nesting stay as they are written.
    supported: { nesting: true },
  });
  return outputFiles[0]?.text ?? "";
}

function text(name: string): string {
  return readFileSync(new URL(name, PAGE), "utf8");
}

/** Written when it differs and at once: other gateways of this checkout may be reading it. */
function write(content: string): void {
  try {
    if (readFileSync(OUT, "utf8") === content) {
      return;
    }
  } catch {
    mkdirSync(new URL(".", OUT), { recursive: true });
  }
  const draft = new URL(`page.${process.pid}.json`, OUT);
  writeFileSync(draft, content);
  renameSync(draft, OUT);
}

write(
  JSON.stringify({
    html: text("index.html"),
    script: await built("main.ts"),
    style: await built("style.css"),
    icon: text("icon.svg"),
  }),
);
