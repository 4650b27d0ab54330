/** The Registry of a Worker that is put back by one release: a table that the newer one has changed is no trouble. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { evict } from "../support/evictions.ts";
import { callAsAdmin } from "../support/gateway.ts";
import { registry } from "../support/registry.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

test("runners of before connect, new ones enrol, and the step is not done again", async () => {
  const before = await anEnrolledRunner();
  await runInDurableObject(registry(), (_instance, { storage: { sql } }) => {
    for (const table of ["open_code", "code_use", "runner", "pending", "audit", "setting", "snapshot"]) {
      sql.exec(`ALTER TABLE ${table} ADD COLUMN tomorrow TEXT`);
    }
    sql.exec("INSERT INTO migration (step) SELECT MAX(step) + 1 FROM migration");
  });
  const steps = await stepsDone();
  await evict(registry());

  (await aWelcomedLine(before)).close();
  const after = await anEnrolledRunner({ name: "node-2" });
  (await aWelcomedLine(after)).close();
  expect((await callAsAdmin(`/runners/${before.id}/drain`, { reason: "new disks" })).status).toBe(200);
  expect(await stepsDone()).toEqual(steps);
});

function stepsDone(): Promise<unknown[]> {
  return runInDurableObject(registry(), (_instance, { storage: { sql } }) =>
    sql.exec("SELECT step FROM migration").toArray(),
  );
}
