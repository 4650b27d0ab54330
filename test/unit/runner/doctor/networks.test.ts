/** What the doctor says of jobs' networks where there can be none. */
import { expect, test } from "vitest";
import { checkNetworks } from "../../../../runner/doctor/networks.ts";
import { anExamination } from "../../../support/runner/doctor.ts";

test("what is missing for them, and what to do", async () => {
  const [networks] = await checkNetworks(anExamination());
  expect(networks).toMatchObject({ ok: true, found: "none: Podman has not answered yet" });
  expect(networks?.advice).toContain("networks: none");
});

test("none is a choice", async () => {
  expect(await checkNetworks(anExamination({ settings: { networks: "none" } }))).toEqual([
    { ok: true, found: "none, as set", advice: "" },
  ]);
});
