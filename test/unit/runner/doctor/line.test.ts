/** The doctor dials each category's line, says nothing on it, and tells why one does not open. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { checkLines } from "../../../../runner/doctor/line.ts";
import { SUBPROTOCOL } from "../../../../shared/proof.ts";
import { anExamination, enrolledAt } from "../../../support/runner/doctor.ts";
import { aWebServer } from "../../../support/runner/web-server.ts";

const linesTo = (gateway: string) => checkLines(anExamination({ stateDir: enrolledAt(gateway) }));

test("a line that opens is well, and nothing is said on it", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => SUBPROTOCOL });
  onTestFinished(() => server.close());
  await once(server, "listening");
  const said: unknown[] = [];
  const gone = new Promise((resolve) => {
    server.on("connection", (socket) => socket.on("message", (data) => said.push(data)).on("close", resolve));
  });
  const found = await linesTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(found).toEqual([{ ok: true, found: "example-compute: opens", advice: "" }]);
  await gone;
  expect(said).toEqual([]);
});

test.each([
  [401, "enrol again"],
  [403, "was removed"],
  [404, "no such category"],
  [502, "a proxy on the way"],
])("a line that is refused with %d is told with what to do", async (status, advice) => {
  const server = await aWebServer(() => ({ status, body: "" }));
  expect(await linesTo(server.url)).toEqual([
    { ok: false, found: `example-compute: refused with ${status}`, advice: expect.stringContaining(advice) },
  ]);
});

test("a token that our clock dated wrong is dated by the gateway's, once", async () => {
  const answers = [401, 403];
  const server = await aWebServer(() => ({ status: answers.shift() ?? 500, body: "" }));
  expect((await linesTo(server.url))[0]?.found).toContain("403");
  expect(server.requests).toHaveLength(2);
});

test("a gateway that is not there names the error", async () => {
  const [found] = await linesTo("http://127.0.0.1:1");
  expect(found).toMatchObject({ ok: false, found: "example-compute: does not open (ECONNREFUSED)" });
});
