/** `npm run demo` where everything is installed: it plays its stories, and not a single packet leaves the machine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { STORIES } from "../../scripts/demo/stories.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;

/** A network of its own, whose only way out is a cable that ends nowhere: whatever asks for anything is counted. */
const IN_OWN_NETWORK = `
  echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
  echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
  busybox ip link set lo up
  busybox ip link add out type veth peer name nowhere
  busybox ip addr add 192.0.2.1/24 dev out
  busybox ip link set nowhere up
  busybox ip link set out up
  busybox ip route add default via 192.0.2.2
  "$@"
  echo "exit $?"
  grep out: /proc/net/dev
`;

async function inOwnNetwork(...command: string[]): Promise<{ lines: string[]; sent: number }> {
  const { stdout } = await promisify(execFile)("unshare", ["--net", "sh", "-c", IN_OWN_NETWORK, "sh", ...command], {
    cwd: PROJECT,
  });
  const lines = stdout.trim().split("\n");
  const counters = lines.at(-1)?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  // Of what is sent: packets, errors, drops and those without a carrier.
  const sent = [9, 10, 11, 14].reduce((sum, column) => sum + (counters[column] ?? Number.NaN), 0);
  return { lines, sent };
}

test("the demo plays the page's job to the letter and asks no network", async () => {
  const { lines, sent } = await inOwnNetwork("node", "scripts/demo.mjs");
  expect(lines).toContain("All of it happened, to the letter.");
  expect(lines).toContain("exit 0");
  expect(sent).toBe(0);
});

test.each(STORIES.slice(1).map(({ name, end }) => [name, end] as const))(
  "the story %s keeps its promises and asks no network",
  async (name, end) => {
    const { lines, sent } = await inOwnNetwork("node", "scripts/demo.mjs", name);
    expect(lines).toContain(end);
    expect(lines).toContain("exit 0");
    expect(sent).toBe(0);
  },
  120_000,
);

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
