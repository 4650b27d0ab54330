/** The gateway's health, its clock, its name, and upgrades on the way to it. */
import { describe, expect, test } from "vitest";
import { checkClock, checkGateway } from "../../../../runner/doctor/gateway.ts";
import { checkName } from "../../../../runner/doctor/name.ts";
import { checkWebSocket } from "../../../../runner/doctor/websocket.ts";
import { anExamination, examine } from "../../../support/runner/doctor.ts";
import { ScriptedGateway } from "../../../support/runner/scripted-gateway.ts";
import { aWebServer } from "../../../support/runner/web-server.ts";

const NOBODY = "http://no-such-gateway.invalid";
const at = (gateway: string) => anExamination({ flags: { gateway } });

describe("the name", () => {
  test("one that nobody knows is told once, and nothing is tried with it", async () => {
    const findings = await examine({ flags: { gateway: NOBODY } });
    const bad = findings.filter(({ check, ok }) => !ok && check !== "enrolled" && check !== "podman");
    expect(bad).toMatchObject([{ check: "name", found: "nobody here knows no-such-gateway.invalid (ENOTFOUND)" }]);
    for (const check of ["proxy", "tls"]) {
      expect(findings).toContainEqual({
        ...{ check, ok: true, skipped: true },
        ...{ found: "not tried without name", advice: "" },
      });
    }
  });

  test("an address needs nobody to know it", async () => {
    expect(await checkName(at("http://[::1]:8787"))).toMatchObject([{ ok: true, found: "::1 is at ::1" }]);
  });
});

describe("the gateway", () => {
  test("one that is well", async () => {
    const server = await aWebServer(() => ({ status: 200, body: "{}" }));
    expect(await checkGateway(at(server.url))).toEqual([{ ok: true, found: `${server.url} answers`, advice: "" }]);
    expect(server.requests).toEqual([{ method: "GET", path: "/healthz", body: "" }]);
  });

  test("one that is not", async () => {
    const server = await aWebServer(() => ({ status: 503, body: "{}" }));
    expect(await checkGateway(at(server.url))).toMatchObject([{ ok: false, found: `${server.url} answers 503` }]);
  });

  test("one that is not there names the error", async () => {
    expect(await checkGateway(at("http://127.0.0.1:1"))).toMatchObject([
      { ok: false, found: expect.stringContaining("ECONNREFUSED") },
    ]);
  });
});

describe("the clock", () => {
  test.each([
    [50_000, true],
    [-50_000, true],
    [70_000, false],
    [-3_600_000, false],
  ])("one that is %d ms from the gateway's is well: %s", async (offMs, ok) => {
    const date = () => new Date(Date.now() + offMs).toUTCString();
    // A gateway that is not well, too, has a clock.
    const server = await aWebServer(() => ({ status: 503, body: "{}", headers: { Date: date() } }));
    const [clock] = await checkClock(at(server.url));
    expect(clock?.ok).toBe(ok);
    expect(clock?.advice === "").toBe(ok);
  });

  test("a gateway that does not answer says nothing about it", async () => {
    expect(await checkClock(at("http://127.0.0.1:1"))).toMatchObject([{ ok: true, skipped: true }]);
  });
});

describe("WebSockets", () => {
  test.each([401, 404, 429])("a gateway that refuses the upgrade with %d has heard it", async (status) => {
    const gateway = await ScriptedGateway.open();
    gateway.refusal = { status };
    expect(await checkWebSocket(at(gateway.url))).toEqual([{ ok: true, found: "passes", advice: "" }]);
    expect(gateway.upgrades).toMatchObject([{ path: "/runner/v1/connect?category=" }]);
    await gateway.close();
  });

  test.each([
    [426, "hears a request without its upgrade"],
    [400, "is answered with 400"],
    [502, "is answered with 502"],
  ])("an upgrade that is answered with %d does not pass", async (status, found) => {
    const server = await aWebServer(() => ({ status, body: "" }));
    expect(await checkWebSocket(at(server.url))).toMatchObject([
      { ok: false, found: expect.stringContaining(found), advice: expect.stringContaining("Upgrade, Connection") },
    ]);
  });

  test("a connection that is cut names the error", async () => {
    expect(await checkWebSocket(at("http://127.0.0.1:1"))).toMatchObject([
      { ok: false, found: "does not pass (ECONNREFUSED)" },
    ]);
  });
});
