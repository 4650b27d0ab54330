/** `npm run build`: the runner as one file, `dist/ucloud-runner.mjs` or the one named, for any Node ≥ 24. */
import { resolve } from "node:path";
import { bundleRunner } from "./package/bundle.ts";

const out = process.argv[2] ?? "dist/ucloud-runner.mjs";
await bundleRunner(resolve(out));
console.log(out);
