/** What a job is told of the site's way out. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { siteEnvironment, type WayOut } from "../../../../runner/attempt/way-out.ts";
import { jobNetworks } from "../../../support/job-networks.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../../support/node-under-test.ts";
import { ScriptedNft } from "../../../support/scripted-nft.ts";

const PROXY = "http://192.0.2.9:3128";
const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const WAY: WayOut = { proxy: PROXY, noProxy: ["registry.example", "10.0.0.0/8"], authorities: PEM };
const SAID = {
  ...{ HTTP_PROXY: PROXY, http_proxy: PROXY, HTTPS_PROXY: PROXY, https_proxy: PROXY },
  ...{
    NO_PROXY: "localhost,127.0.0.1,::1,registry.example,10.0.0.0/8",
    no_proxy: "localhost,127.0.0.1,::1,registry.example,10.0.0.0/8",
  },
};
const BELIEVED = Object.fromEntries(
  ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"].map((name) => [
    name,
    "/etc/ucloud/authorities.pem",
  ]),
);

const said = (wayOut: WayOut | undefined, plan: Parameters<typeof aPlan>[0] = {}) =>
  siteEnvironment(aPlan({ network: "internet", ...plan }), wayOut);

describe("a job with a network", () => {
  test.each(["internet", "site"] as const)("%s is told of proxy and authorities", (network) => {
    expect(said(WAY, { network })).toEqual({ ...SAID, ...BELIEVED });
  });

  test("is told of what there is", () => {
    expect(said({ ...WAY, proxy: null })).toEqual(BELIEVED);
    expect(said({ ...WAY, authorities: null })).toEqual(SAID);
    expect([said({ proxy: null, noProxy: ["a"], authorities: null }), said(undefined)]).toEqual([{}, {}]);
  });

  test("keeps what its application sets, in whichever letters", () => {
    const environment = { https_proxy: "", No_Proxy: "x", SSL_CERT_FILE: "/own.pem" };
    const { HTTP_PROXY, http_proxy } = SAID;
    const { SSL_CERT_FILE: _, ...others } = BELIEVED;
    expect(said(WAY, { environment })).toEqual({ HTTP_PROXY, http_proxy, ...others });
  });
});

test("a job without a network is told nothing", () => {
  expect(said(WAY, { network: "none" })).toEqual({});
});

describe("on the node", () => {
  let node: NodeUnderTest;
  afterEach(() => node.end());

  async function run(network: "internet" | "none") {
    node = await aNode((one) => {
      one.settings = { wayOut: WAY };
      one.networks = jobNetworks(
        {},
        { nft: new ScriptedNft().run, timers: one.clock, resolvers: async () => ["192.0.2.53"] },
      );
    });
    await node.runJob(aRef(), aPlan({ network, environment: { NO_PROXY: "own" } }));
    const order = node.container()?.order;
    return { told: order?.siteEnvironment, file: join(order?.files[0]?.source ?? "", "authorities.pem") };
  }

  test("a job with a network finds the authorities beside its other files, for everybody to read", async () => {
    const { told, file } = await run("internet");
    expect(told).toMatchObject({ HTTPS_PROXY: PROXY, SSL_CERT_FILE: "/etc/ucloud/authorities.pem" });
    expect(told).not.toHaveProperty("NO_PROXY");
    expect(readFileSync(file, "utf8")).toBe(PEM);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test("a job without one finds neither", async () => {
    const { told, file } = await run("none");
    expect([told, existsSync(file)]).toEqual([{}, false]);
  });
});
