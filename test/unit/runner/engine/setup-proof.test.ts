/** Which containers count as never started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { containerFacts, type Inspected } from "../../../../runner/engine/podman-facts.ts";
import { isRuntime, waitingProcess } from "../../../../runner/engine/setup-proof.ts";

const NEVER = "0001-01-01T00:00:00Z";

function inspected(state: Partial<Inspected["State"]>): Inspected {
  const State = { Status: "created", Pid: 0, ExitCode: 0, StartedAt: NEVER, FinishedAt: NEVER, ...state };
  return { Id: "abc", Name: "ucloud-1", State, Config: { Labels: {} } };
}

test.each([
  ["as it was created", { Status: "created", Pid: 0 }, "created"],
  ["set up before, and its process gone", { Status: "created", Pid: 4711 }, "other"],
  ["set up, as far as Podman knows", { Status: "initialized", Pid: 4711 }, "other"],
])("one that is %s is %s", (_, state, status) => {
  expect(containerFacts(inspected(state)).status).toBe(status);
});

test.each([
  ["/usr/bin/runc\0init\0", true],
  ["runc\0init\0", true],
  ["/usr/bin/crun\0--systemd-cgroup\0create\0", true],
  ["/run/podman-init\0--\0sleep\x080\0", false],
  ["/dev/init\0--\0runc\0", false],
  ["sh\0-c\0runc init\0", false],
  ["", false],
])("the process %j is the runtime's own: %s", (commandLine, isSo) => {
  expect(isRuntime(commandLine)).toBe(isSo);
});

test("a process that is not the container's own is not the one that waits", async () => {
  // The number may be that of another container's runtime by now.
  const other = spawn("sleep", ["60"], { argv0: "runc" });
  onTestFinished(() => void other.kill("SIGKILL"));
  await once(other, "spawn");
  await expect.poll(() => readFileSync(`/proc/${other.pid}/cmdline`, "utf8")).toBe("runc\x0060\0");
  expect(await waitingProcess(inspected({ Status: "initialized", Pid: other.pid ?? 0 }))).toBeNull();
  expect(await waitingProcess(inspected({ Status: "initialized", Pid: process.pid }))).toBeNull();
  expect(await waitingProcess(inspected({ Status: "initialized", Pid: 0 }))).toBeNull();
});
