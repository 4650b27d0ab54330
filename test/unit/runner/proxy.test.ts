/** A site's proxy is asked for what is outside, by requests and by the lines, and for nothing that NO_PROXY names. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dialGateway } from "../../../runner/dialling.ts";
import { newKeyPair } from "../../../runner/identity.ts";
import { useProxy } from "../../../runner/proxy.ts";
import { UsageError } from "../../../runner/usage-error.ts";

let proxy: Server;
let address: string;
let asked: (string | undefined)[];
let restore = () => {};

beforeEach(async () => {
  asked = [];
  proxy = createServer();
  proxy.on("connect", (request, socket) => {
    asked.push(request.url);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

afterEach(async () => {
  restore();
  proxy.close();
  proxy.closeAllConnections();
});

/** Both ways out; neither arrives. */
async function goOut(gateway: string): Promise<void> {
  await fetch(gateway).catch(() => {});
  const { privateKey } = newKeyPair();
  const identity = { gateway, providerId: "p", runner: { id: "r", name: "r" }, categories: ["c"], privateKey };
  const line = dialGateway({ identity, category: "c" }, 0);
  line.on("error", () => {});
  await new Promise((resolve) => line.on("close", resolve));
}

test("the gateway is reached through the proxy", async () => {
  restore = useProxy({ HTTPS_PROXY: address });
  await goOut("https://gateway.invalid:8443");
  expect(asked).toEqual(["gateway.invalid:8443", "gateway.invalid:8443"]);
});

test.each([
  ["NO_PROXY names it", () => ({ HTTPS_PROXY: address, NO_PROXY: "127.0.0.1" })],
  ["there is none", () => ({})],
])("the gateway is dialled directly where %s", async (_, environment) => {
  restore = useProxy(environment());
  await goOut("https://127.0.0.1:1");
  expect(asked).toEqual([]);
});

test("an address that is none is refused by the variable's name", () => {
  expect(() => useProxy({ HTTPS_PROXY: "http://[" })).toThrow(UsageError);
});
