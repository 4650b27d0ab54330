/** `npm run demo` where everything is installed: it plays the page's job, and not a single packet leaves the machine. */
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { STORIES } from "../../scripts/demo/stories.ts";
import { inOwnNetwork } from "../support/own-network.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;

test("the demo plays the page's job to the letter and asks no network", async () => {
  const { lines, sent } = await inOwnNetwork("node", "scripts/demo.mjs");
  expect(lines).toContain("All of it happened, to the letter.");
  expect(lines).toContain("exit 0");
  expect(sent).toBe(0);
});

async function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile("node", ["scripts/demo.mjs", ...args], { cwd: PROJECT }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

test("the list names each story once, and what it shows", async () => {
  const { code, stdout } = await demo("--list");
  expect(code).toBe(0);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split("  ")[0]),
  ).toEqual(STORIES.map(({ name }) => name));
});

test.each([["no-such-story"], ["expiry", "extend"], ["--no-such-flag"]])(
  "with %s nothing is played, and the stories that there are stand in the answer",
  async (...args) => {
    const { code, stdout, stderr } = await demo(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    for (const { name } of STORIES) {
      expect(stderr).toContain(`  ${name} `);
    }
  },
);

test("a question to the network would be counted", async () => {
  const ask = 'fetch("http://192.0.2.3", { signal: AbortSignal.timeout(200) }).catch(() => {})';
  const { sent } = await inOwnNetwork("node", "-e", ask);
  expect(sent).toBeGreaterThan(0);
});
