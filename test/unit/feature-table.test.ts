/** The README's tables of features and calls: every one is there, and the tests that it names are. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PROJECT = new URL("../..", import.meta.url);

/** What UCloud's documentation of 2021/22 names. */
const FEATURES = [
  "retrieveProducts / support flags",
  "create (bulk, null/own id)",
  "control.update RUNNING / SUCCESS",
  "provider JWT in, refresh token out",
  "word + var invocation, text, boolean values",
  "container image run, cpu/memory limits, 1 replica",
  "max wall time → EXPIRED",
  "background tracking of jobs",
  "terminate",
  "verify",
  "updateAcl",
  "chargeCredits, insufficient funds → stop",
  "checkCredits",
  "control.retrieve / browse",
  "control.register",
  "`/work`, output folder, outputFolder update",
  "file / directory parameters and mounts",
  "integer, float, enum, textarea, bool_flag, env, affixes, defaults",
  "`environment` map",
  "container hints (cwd, root)",
  "logs / follow WS",
  "stdout.txt in output",
  "extend",
  "suspend / unsuspend",
  "web session",
  "VNC session",
  "terminal + shells WS",
  "utilization",
  "peers",
  "multi-node + `/etc/ucloud`",
  "ingress",
  "licences",
  "public IPs + firewall",
  "virtual machines",
  "integration init/welcome/connect",
  "GPU",
  "pause/drain/kill maintenance",
];

/** What today's Core calls, and what it may be called for. */
const CALLS = [
  "3.1 integration/retrieveManifest",
  "3.1 files/collections/retrieveProducts",
  "3.1 jobs/retrieveProducts",
  "3.1 ingresses/retrieveProducts",
  "3.1 networkips/retrieveProducts",
  "3.1 licenses/retrieveProducts",
  "3.1 private-networks/retrieveProducts",
  "3.1 provider/branding/retrieveInfo",
  "3.2 jobs",
  "3.3 jobs/terminate",
  "3.4 jobs/extend",
  "3.5 jobs/suspend, jobs/unsuspend",
  "3.6 jobs/interactiveSession",
  "3.7 jobs/requestDynamicParameters",
  "3.8 jobs/attachResource, jobs/detachResource",
  "3.9 jobs/openTerminalInFolder",
  "3.10 jobs/onUpdatedLabels",
  "3.11 jobs/updateAcl",
  "3.12 follow",
  "3.13 integration/init",
  "3.13 integration/connect, integration/unlinked",
  "3.13 ssh/keyUploaded",
  "3.13 tokens/retrieveOptions, tokens, tokens/revoke",
  "3.13 tasks/pauseOrCancel",
  "3.13 inference, syncthing, files, drives, ips, links, licences, networks",
  "3.13 UCX",
  "4.1 jobs/control/update",
  "4.2 jobs/control/retrieve",
  "4.3 jobs/control/browse",
  "4.4 jobs/control/register",
  "4.5 jobs/control/browseSshKeys",
  "4.6 jobs/control/updateLabels",
  "4.7 checkCredits, chargeCredits",
  "4.7 reportUsage",
  "4.7 checkProviderUsable, browseWalletsInternal",
  "4.8 accounting/notifications",
  "4.9 resources/checkExistence",
  "4.9 products/v2",
  "4.9 products/v2/browse, products/v2/retrieve",
  "4.9 approveConnection, clearConnection",
  "4.9 tasks",
  "4.10 what ends Core",
];

type Row = { name: string; here: string; shownBy: string };

function tableBelow(heading: string): Row[] {
  const text = readFileSync(new URL("README.md", PROJECT), "utf8");
  const [, table = ""] = text.split(`| ${heading} | Here | Shown by |\n| --- | --- | --- |\n`);
  return table
    .slice(0, table.indexOf("\n\n"))
    .split("\n")
    .map((line) => {
      const [, name = "", here = "", shownBy = "", ...rest] = line.split("|").map((cell) => cell.trim());
      expect([line, rest]).toEqual([line, [""]]);
      return { name, here, shownBy };
    });
}

test.each([
  ["Feature", FEATURES],
  ["Call", CALLS],
])("each %s has its row, in this order", (heading, names) => {
  expect(tableBelow(heading).map(({ name }) => name)).toEqual(names);
});

const ROWS = [...tableBelow("Feature"), ...tableBelow("Call")];

test.each(ROWS)("$name says what is here, and is shown by tests that exist", ({ here, shownBy }) => {
  expect(here).not.toBe("");
  // What nobody shows does not exist, and the reason is in the row.
  const tests = shownBy === "–" ? [] : shownBy.split(", ");
  expect(tests.length > 0 || /^no: .{10}/.test(here)).toBe(true);
  for (const name of tests) {
    expect([name, existsSync(new URL(`test/e2e/${name}.test.ts`, PROJECT))]).toEqual([name, true]);
  }
});
