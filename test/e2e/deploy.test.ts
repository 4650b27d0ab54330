/** `npm run deploy` looks at the settings before anything is uploaded. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const PROJECT = new URL("../..", import.meta.url).pathname;
const AS_SHIPPED = readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
/** Paths in a configuration are relative to it. */
const folder = mkdtempSync(join(PROJECT, ".wrangler-test-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function deploy(vars: Record<string, string>): { status: number | null; output: string } {
  const lines = Object.entries(vars).reduce(
    (text, [name, value]) => text.replace(`${name} = ""`, `${name} = ${value}`),
    AS_SHIPPED.replace('main = "', 'main = "../'),
  );
  const config = join(folder, "wrangler.toml");
  writeFileSync(config, lines);
  const { status, stdout, stderr } = spawnSync(
    "node",
    ["scripts/deploy.ts", "--dry-run", "--config", config, "--outdir", join(folder, "out")],
    { cwd: PROJECT, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" } },
  );
  return { status, output: stdout + stderr };
}

const GOOD = { PROVIDER_ID: '"example"', UCLOUD_URL: '"https://ucloud.example"' };
const aProduct = (name: string) => `{ name = "${name}", category = "c", cpu = 1, memoryInGigs = 1, price = 1 }`;

test("good settings are handed to wrangler", () => {
  const { status, output } = deploy({ ...GOOD, PRODUCTS: `[${aProduct("small")}]` });
  expect(output).toContain("--dry-run: exiting now.");
  expect(status).toBe(0);
});

test.each([
  ["the file as it is shipped", {}, ["PROVIDER_ID", "UCLOUD_URL"]],
  ["a product twice", { ...GOOD, PRODUCTS: `[${aProduct("small")}, ${aProduct("small")}]` }, ["PRODUCTS.1.name"]],
  ["an unknown duration", { ...GOOD, TIMES: '"{\\"ping\\":1}"' }, ["TIMES"]],
  [
    "more products than a variable can hold",
    { ...GOOD, PRODUCTS: `[${Array.from({ length: 100 }, (_, index) => aProduct(`p${index}`)).join(", ")}]` },
    ["PRODUCTS has", "bytes, at most 5120 are possible"],
  ],
])("%s stops the deploy and names the setting", (_name, vars, words) => {
  const { status, output } = deploy(vars);
  expect(status).toBe(1);
  expect(output).not.toContain("exiting now");
  for (const word of words) {
    expect(output).toContain(word);
  }
});
