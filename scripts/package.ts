/**
 * `npm run package [-- OUT]`: the runner with its own Node as a Debian package and as an archive for other systems, with
 * SHA256SUMS, in `dist/package` or the folder named. The same commit and Node give the same bytes. `--revision N`: what
 * is built again from the same version; `--level 1`: quick and large, for trials.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { makeArchive, makeDebianPackage, sha256Sums } from "./package/archives.ts";
import { PROJECT } from "./package/project.ts";
import { makeTree } from "./package/tree.ts";

const ARCHITECTURES = new Map([
  ["x64", "amd64"],
  ["arm64", "arm64"],
]);

const { values, positionals } = parseArgs({
  options: { revision: { type: "string", default: "1" }, level: { type: "string", default: "9" } },
  allowPositionals: true,
});
const out = resolve(positionals[0] ?? join(PROJECT, "dist/package"));
const tree = mkdtempSync(join(tmpdir(), "ucloud-runner-tree-"));
try {
  mkdirSync(out, { recursive: true });
  await makeTree(tree);
  const release = {
    version: `${manifest.version}-${values.revision}`,
    architecture: ARCHITECTURES.get(process.arch) ?? process.arch,
    seconds: commitSeconds(),
    level: values.level,
  };
  const made = [makeDebianPackage(tree, out, release), makeArchive(tree, out, release)];
  writeFileSync(join(out, "SHA256SUMS"), sha256Sums(made));
  console.log([...made, join(out, "SHA256SUMS")].join("\n"));
} finally {
  rmSync(tree, { recursive: true });
}

/** Of the commit, or as the caller says: https://reproducible-builds.org/specs/source-date-epoch/ */
function commitSeconds(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  const text = given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: PROJECT, encoding: "utf8" });
  return Number(text.trim());
}
