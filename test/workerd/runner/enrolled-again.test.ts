/** An enrolment between a runner's admission and its connection: the old key does not get in. */
import { expect, test, vi } from "vitest";
import { Registry } from "../../../worker/index.ts";
import { expectError } from "../support/gateway.ts";
import {
  anEnrolledRunner,
  anEnrolmentCode,
  anOpenLine,
  aRunnerKey,
  aWelcomedLine,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";

const admit = Registry.prototype.admit;

test("a connection that was admitted just before is refused, the new key is welcome", async () => {
  const old = await anEnrolledRunner();
  const code = await anEnrolmentCode();
  const key = await aRunnerKey();
  vi.spyOn(Registry.prototype, "admit").mockImplementationOnce(async function (this: Registry, ...given) {
    const admitted = await admit.apply(this, given);
    const asked = { code, publicKey: key.publicKey, name: null, hostname: null, address: "unknown" };
    expect(await this.enroll(asked)).toMatchObject({ kind: "enrolled" });
    return admitted;
  });

  const why = await expectError(await upgrade({ token: await upgradeToken(old) }), 401, "UNAUTHORIZED");

  expect(why).toBe("This runner has enrolled again, with another key.");
  await aWelcomedLine({ ...old, key });
});

test("an open line of the old key is closed, and the old key opens none", async () => {
  const old = await anEnrolledRunner();
  const line = await anOpenLine(old);

  const runner = await anEnrolledRunner();

  expect(await line.closed).toEqual({ code: 4410, reason: "enrolled again" });
  await expectError(await upgrade({ token: await upgradeToken(old) }), 401, "UNAUTHORIZED");
  await aWelcomedLine(runner);
});
