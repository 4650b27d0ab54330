/** The runner of this checkout under another version's name, as an upgrade or a downgrade brings it. */
import { cp, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const PROJECT = new URL("../../..", import.meta.url).pathname;

/** A folder below `folder` that can be started like a checkout. */
export async function checkoutOf(version: string, folder: string): Promise<string> {
  const checkout = await mkdtemp(join(folder, "version-"));
  for (const name of ["runner", "shared"]) {
    await cp(join(PROJECT, name), join(checkout, name), { recursive: true });
  }
  await symlink(join(PROJECT, "node_modules"), join(checkout, "node_modules"));
  const manifest: object = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  await writeFile(join(checkout, "package.json"), JSON.stringify({ ...manifest, version }));
  return checkout;
}
