/** `npm run deploy` looks at the settings before anything is uploaded. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const PROJECT = new URL("../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "ucloud-edge-site-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Site {
  top?: string;
  vars?: Record<string, string>;
}

function deploy(file: string | undefined): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    "node",
    ["scripts/deploy.ts", "--dry-run", ...(file ? ["-c", file] : []), "--outdir", join(folder, "out")],
    { cwd: PROJECT, encoding: "utf8", env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" } },
  );
  return { status, output: stdout + stderr };
}

function aSiteFile({ top = 'name = "edge-test"', vars = GOOD }: Site): string {
  const file = join(folder, "site.toml");
  writeFileSync(file, [top, "[vars]", ...Object.entries(vars).map(([name, value]) => `${name} = ${value}`)].join("\n"));
  return file;
}

const aProduct = (name: string) => `{ name = "${name}", category = "c", cpu = 1, memoryInGigs = 1, price = 1 }`;
const GOOD = {
  PROVIDER_ID: '"example"',
  UCLOUD_URL: '"https://ucloud.example"',
  PRODUCTS: `[${aProduct("small")}]`,
};

test("a site's file from outside the checkout is laid over the shipped configuration and handed to wrangler", () => {
  const file = aSiteFile({ top: 'name = "edge-test"\nroutes = [{ pattern = "e.example.org", custom_domain = true }]' });
  const { status, output } = deploy(file);
  expect(output).toContain("+ product c/small: 1 cpu, 1 GiB, 0 GPU, price 1");
  expect(output).toContain('env.PROVIDER_ID ("example")');
  expect(output).toContain("env.JOB_QUEUE (JobQueue)");
  expect(output).toContain("--dry-run: exiting now.");
  expect(status).toBe(0);
  expect(existsSync(`${file}.deployed.json`)).toBe(false);
});

test("what differs from the last deploy is said before the upload", () => {
  const file = aSiteFile({ vars: { ...GOOD, TIMES: "{ pingMs = 20000 }" } });
  const last = { PROVIDER_ID: "example", UCLOUD_URL: "https://ucloud.example", PRODUCTS: [], DATA_JURISDICTION: "eu" };
  writeFileSync(`${file}.deployed.json`, JSON.stringify({ name: "edge-test", vars: last }));
  const { output } = deploy(file);
  rmSync(`${file}.deployed.json`);
  expect(output).toContain("~ TIMES.pingMs 15000 → 20000");
  expect(output).toContain("+ product c/small");
  expect(output).not.toContain("PROVIDER_ID example");
});

test("the file as it is shipped stops the deploy and names what is not set", () => {
  const { status, output } = deploy(undefined);
  expect(status).toBe(1);
  expect(output).not.toContain("exiting now");
  expect(output).toContain("wrangler.toml: PROVIDER_ID");
  expect(output).toContain("wrangler.toml: UCLOUD_URL");
});

test.each<[string, Site, string[]]>([
  ["no name", { top: "" }, ["name"]],
  ["the gateway's own key", { top: 'name = "edge-test"\nmain = "x.ts"' }, ["main cannot be set here"]],
  ["an unknown setting", { vars: { ...GOOD, PRODUCT: '""' } }, ["vars.PRODUCT is no setting", "PRODUCTS"]],
  ["no TOML", { top: "name =" }, ["is not TOML: line 1"]],
  ["a product twice", { vars: { ...GOOD, PRODUCTS: `[${aProduct("a")}, ${aProduct("a")}]` } }, ["PRODUCTS.1.name"]],
  ["an unknown duration", { vars: { ...GOOD, TIMES: '"{\\"ping\\":1}"' } }, ["TIMES"]],
  [
    "more products than a variable can hold",
    { vars: { ...GOOD, PRODUCTS: `[${Array.from({ length: 100 }, (_, index) => aProduct(`p${index}`)).join(", ")}]` } },
    ["PRODUCTS has", "bytes, at most 5120 are possible"],
  ],
])("%s stops the deploy and is named", (_name, site, words) => {
  const file = aSiteFile(site);
  const { status, output } = deploy(file);
  expect(status).toBe(1);
  expect(output).not.toContain("exiting now");
  for (const word of [`${file}: `, ...words]) {
    expect(output).toContain(word);
  }
});

test("a file that is not there is named", () => {
  const { status, output } = deploy(join(folder, "other.toml"));
  expect(status).toBe(1);
  expect(output).toContain("other.toml: cannot be read");
});
