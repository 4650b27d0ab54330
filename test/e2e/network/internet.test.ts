/** What a job with a network reaches and what it does not, tried from inside its container on real Podman. */
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { WayOut } from "../../../runner/attempt/way-out.ts";
import { createNft, type Nft } from "../../../runner/network/nft.ts";
import { tableName } from "../../../runner/network/ruleset.ts";
import { stateFolderId } from "../../../runner/ownership.ts";
import { folderName, refName } from "../../../shared/ids.ts";
import { AskingJob } from "../../support/asking-job.ts";
import { aPlan } from "../../support/engine.ts";
import { eventually as seen } from "../../support/eventually.ts";
import { guardedNetworks } from "../../support/guarded-networks.ts";
import * as outside from "../../support/outside.ts";
import { askPodman, importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { eventually, RealNode } from "../../support/real-node.ts";

const INTERNET = { network: "internet" } as const;
const { NODE_ADDRESS, NEIGHBOUR, PERMITTED, DENIED, INSIDE, METADATA, PORT } = outside;

let service: PodmanService;
let beyond: outside.Outside;
let node: RealNode;
let listening: Server;
const said: string[] = [];

beforeAll(async () => {
  beyond = await outside.Outside.lay();
  service = await startPodmanService();
  await importTestImage(service);
  listening = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listening.listen(PORT, "::", resolve));
});
afterAll(async () => {
  listening.close();
  await service.stop();
  await beyond.remove();
});
beforeEach(async () => {
  said.length = 0;
  node = await aNode();
});
afterEach(async () => {
  await node.end();
  await nft(["delete", "table", "inet", table()]).catch(() => {});
});

const nft = createNft();
const table = () => tableName(stateFolderId(node.stateDir));

function aNode(given: Parameters<typeof guardedNetworks>[2] = {}, wayOut?: WayOut): Promise<RealNode> {
  const newNetworks = (stateFolder: string) => guardedNetworks(stateFolder, said, given);
  return RealNode.make(service, { newNetworks, ...(wayOut === undefined ? {} : { settings: { wayOut } }) });
}

async function networks(): Promise<string[]> {
  const { body } = await askPodman(service.socketPath, "GET", "/networks/json");
  const all: { name: string }[] = JSON.parse(body);
  return all.map(({ name }) => name).filter((name) => name !== "podman");
}

function bridges(): string[] {
  return Object.keys(networkInterfaces()).filter((name) =>
    name.startsWith(`ui${stateFolderId(node.stateDir).slice(0, 6)}`),
  );
}

test("an internet job reaches what is out there, and nothing of the node, its neighbours or the site", async () => {
  const job = await AskingJob.start(node, INTERNET);
  const own = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
  const gateway = (await job.ask("ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p'")).trim();
  expect(gateway).toMatch(/^10\.214\./);
  const reached: Record<string, boolean> = {};
  const tried = { PERMITTED, DENIED, INSIDE, METADATA, NODE_ADDRESS, NEIGHBOUR, gateway, own: own ?? NODE_ADDRESS };
  for (const [name, address] of Object.entries(tried)) {
    reached[name] = await job.reaches(address, PORT);
  }
  const nothing = Object.fromEntries(Object.keys(tried).map((name) => [name, false]));
  expect(reached).toEqual({ ...nothing, PERMITTED: true });
}, 120_000);

test("a refusal is said, where silence would end as a timeout, and no packet of IPv6 leaves the job", async () => {
  const job = await AskingJob.start(node, INTERNET);
  expect(await job.ask(`nc -w 5 ${INSIDE} ${PORT} </dev/null`)).toMatch(/no route|unreachable|prohibited|refused/i);
  const [bridge = ""] = bridges();
  const link = (networkInterfaces()[bridge] ?? []).find(({ family }) => family === "IPv6")?.address;
  for (const address of [`${link}%eth0`, "2001:db8:1::1", "2001:db8:1::2", "fd00:ec2::254"]) {
    expect(await job.reaches(address, PORT)).toBe(false);
  }
}, 120_000);

test("a job with the site's network reaches the inside, but not the node, metadata or what is denied", async () => {
  const job = await AskingJob.start(node, { network: "site" });
  const reached: Record<string, boolean> = {};
  for (const [name, address] of Object.entries({ PERMITTED, INSIDE, NEIGHBOUR, DENIED, METADATA, NODE_ADDRESS })) {
    reached[name] = await job.reaches(address, PORT);
  }
  const inside = { PERMITTED: true, INSIDE: true, NEIGHBOUR: true };
  expect(reached).toEqual({ ...inside, DENIED: false, METADATA: false, NODE_ADDRESS: false });
}, 120_000);

test("names are asked for at the resolver's exact address, and at port 53 alone", async () => {
  const job = await AskingJob.start(node, INTERNET);
  expect(await job.ask("grep -v '^#' /etc/resolv.conf")).toBe(`nameserver ${NEIGHBOUR}\n`);
  expect([await job.reaches(NEIGHBOUR, 53), await job.reaches(NEIGHBOUR, PORT)]).toEqual([true, false]);
  expect([await job.reaches(INSIDE, 53), await job.reaches(NODE_ADDRESS, 53)]).toEqual([false, false]);
}, 120_000);

test.each([INSIDE, NODE_ADDRESS])(
  "a proxy at %s is reached at its port alone, and a job is told of it",
  async (address) => {
    await node.end();
    const url = `http://${address}:${PORT}`;
    const wayOut = { proxy: url, noProxy: ["a.example"], authorities: "whom to believe\n" };
    node = await aNode({ settings: { "job-proxy": { url, address, port: PORT } } }, wayOut);
    const job = await AskingJob.start(node, { ...INTERNET, environment: { http_proxy: "own" } });
    expect([await job.reaches(address, PORT), await job.reaches(address, 53)]).toEqual([true, false]);
    for (const other of [INSIDE, NODE_ADDRESS, DENIED].filter((one) => one !== address)) {
      expect(await job.reaches(other, PORT)).toBe(false);
    }
    const told = await job.ask("env | grep -i proxy | sort; cat $SSL_CERT_FILE; echo no > $SSL_CERT_FILE");
    const exempt = "localhost,127.0.0.1,::1,a.example";
    const own = [`HTTPS_PROXY=${url}`, `NO_PROXY=${exempt}`, "http_proxy=own", `https_proxy=${url}`];
    expect(told.split("\n").slice(0, 6)).toEqual([...own, `no_proxy=${exempt}`, "whom to believe"]);
    expect(told).toContain("can't create /etc/ucloud/authorities.pem");
  },
  120_000,
);

test("two jobs have networks of their own and do not reach each other", async () => {
  const one = await AskingJob.start(node, INTERNET, "77");
  const other = await AskingJob.start(node, INTERNET, "78");
  const address = (await other.ask("ip -4 -o addr show eth0 | sed 's/.*inet \\([^/]*\\).*/\\1/'")).trim();
  await other.ask("(nc -l -p 4711 >/dev/null &); sleep 0.2");
  expect(await other.reaches(address, 4711)).toBe(true);
  await other.ask("(nc -l -p 4711 >/dev/null &); sleep 0.2");
  expect(await one.reaches(address, 4711)).toBe(false);
  expect(bridges()).toHaveLength(2);
}, 120_000);

test("a network goes with its job, and its bridge with it", async () => {
  const job = await AskingJob.start(node, INTERNET);
  expect(await networks()).toEqual([refName(job.ref)]);
  job.end();
  await node.told(job.ref, "exited");
  node.agent.received(node.link, { type: "ack", ref: job.ref, kind: "exited" });
  await eventually(() => bridges().length === 0 && node.agent.status().jobs.length === 0);
  expect(await networks()).toEqual([]);
}, 120_000);

test("a table that somebody flushed is set again within the bound, and that is said", async () => {
  const job = await AskingJob.start(node, INTERNET);
  await nft(["delete", "table", "inet", table()]);
  expect(await job.reaches(DENIED, PORT)).toBe(true);
  await eventually(() => said.includes("network.rules_restored"));
  expect(await job.reaches(DENIED, PORT)).toBe(false);
}, 120_000);

test("a single rule that is missing is noticed too", async () => {
  await AskingJob.start(node, INTERNET);
  await nft(["flush", "chain", "inet", table(), "from_internet"]);
  await eventually(() => said.includes("network.rules_restored"));
  expect(await nft(["list", "chain", "inet", table(), "from_internet"])).toContain("@denied_internet reject");
}, 120_000);

test("a network that the node is connected to while a job runs is denied within the bound", async () => {
  const job = await AskingJob.start(node, INTERNET);
  await beyond.connect("uctest1", "203.0.113.65/28");
  try {
    const denied = () => nft(["list", "set", "inet", table(), "denied_internet"]);
    expect(await denied()).not.toContain("203.0.113.64");
    await seen("the new network in the rules", async () => (await denied()).includes("203.0.113.64") || null);
    expect(await job.reaches("203.0.113.65", PORT)).toBe(false);
  } finally {
    await beyond.disconnect("uctest1");
  }
}, 120_000);

test.each([false, true])(
  "network and rules stay while the process is down, and are taken up again (journal lost: %s)",
  async (loseJournal) => {
    const job = await AskingJob.start(node, INTERNET);
    await node.crash({ loseJournal });
    await nft(["delete", "table", "inet", table()]);
    await node.boot();
    node.link.welcome(node.agent, [{ ref: job.ref, verdict: "keep" }]);
    expect([await job.reaches(DENIED, PORT), await job.reaches(PERMITTED, PORT)]).toEqual([false, true]);
    expect(await networks()).toEqual([refName(job.ref)]);
  },
  120_000,
);

test("networks that a killed process or a machine left behind go at the start; those of others stay", async () => {
  const labels = { "dev.ucloud.state-folder": stateFolderId(node.stateDir) };
  await makeNetwork({ name: "uc-left-over", labels, subnets: [{ subnet: "10.215.0.0/28" }] });
  await makeNetwork({
    name: "of-another",
    labels: { "dev.ucloud.state-folder": "another" },
    subnets: [{ subnet: "10.215.0.16/28" }],
  });
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent);
  expect(await networks()).toEqual(["of-another"]);
  await askPodman(service.socketPath, "DELETE", "/networks/of-another");
}, 120_000);

test("where the rules cannot be set nothing is offered, and an order for it starts nothing", async () => {
  await node.end();
  node = await aNode({ parts: { nft: createNft("/nowhere") } });
  expect(node.agent.status().networks).toEqual({ served: [], trouble: "nft is not installed" });
  const ref = { job: "79", incarnation: "00112233445566aa", attempt: 1, rank: 0 };
  node.agent.received(node.link, { type: "offer", ref, plan: aPlan(INTERNET) });
  await eventually(() => node.link.frames("refuse").length > 0);
  expect(node.link.frames("refuse")[0]).toMatchObject({ failure: { code: "network_failed" } });
  expect([await networks(), bridges()]).toEqual([[], []]);
}, 120_000);

test("a job that was ready is not started when the rules cannot be set any more", async () => {
  await node.end();
  let works = true;
  const fading: Nft = (argv, input) => (works ? nft(argv, input) : createNft("/nowhere")(argv, input));
  node = await aNode({ parts: { nft: fading } });
  const ref = { job: "80", incarnation: "00112233445566aa", attempt: 1, rank: 0 };
  node.agent.received(node.link, { type: "offer", ref, plan: aPlan({ ...INTERNET, argv: ["touch", "ran"] }) });
  await seen("the container", () => node.engine.inspect(refName(ref)));
  works = false;
  node.agent.received(node.link, { type: "go", ref });
  expect(await node.told(ref, "not-started")).toMatchObject({ failure: { code: "network_failed" } });
  expect(existsSync(join(node.stateDir, "jobs", folderName(ref), "work", "ran"))).toBe(false);
  await seen("the end of its network", async () => (await networks()).length === 0 || null);
}, 120_000);

async function makeNetwork(given: object): Promise<void> {
  const body = Buffer.from(JSON.stringify({ driver: "bridge", dns_enabled: false, ...given }));
  const { status } = await askPodman(service.socketPath, "POST", "/networks/create", body, "application/json");
  expect(status).toBe(200);
}
