/** Whose software a package carries and on which terms: ours, Node, and each npm package that is in the bundle. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./project.ts";

type Manifest = { name: string; version: string; license?: string; author?: string | { name: string } };

const RULE = `\n\n${"-".repeat(80)}\n\n`;

/** `inputs`: the files that the bundle is made of. @throws where a package does not name its licence. */
export function noticesFor(inputs: readonly string[], nodeVersion: string): string {
  const packages = [...new Set(inputs.flatMap((input) => packageOf(input) ?? []))].sort();
  return [
    `ucloud-runner\n\n${read("LICENSE")}`,
    `Node.js ${nodeVersion}\n\n${read("packaging/node-notice.txt").replace("VERSION", nodeVersion)}`,
    ...packages.map(noticeOf),
  ].join(RULE);
}

function packageOf(input: string): string | undefined {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[0];
}

function noticeOf(folder: string): string {
  const { name, version, license, author }: Manifest = JSON.parse(read(`${folder}package.json`));
  const file = readdirSync(join(PROJECT, folder)).find((one) => /^(licen[cs]e|copying)/i.test(one));
  if (file !== undefined) {
    return `${name} ${version}\n\n${read(folder + file).trim()}\n`;
  }
  if (license === undefined) {
    throw new Error(`${name} ${version} does not say under which terms it comes`);
  }
  // Some name the terms and leave out their text.
  const by = typeof author === "string" ? author : (author?.name ?? "its authors");
  return `${name} ${version}, by ${by}\n\nLicence (https://spdx.org/licenses): ${license}\n`;
}

function read(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}
