/** The unit that is shipped: what keeps jobs alive through a restart of the runner stands in it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const TEXT = readFileSync(new URL("../../../runner/ucloud-runner.service", import.meta.url), "utf8");

/** The values of a directive in its section. */
function values(section: string, directive: string): string[] {
  let current = "";
  return TEXT.split("\n").flatMap((line) => {
    current = /^\[(\w+)\]$/.exec(line)?.[1] ?? current;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return current === section && name === directive && value !== undefined ? [value] : [];
  });
}

test.each([
  ["Type", "notify"],
  // `systemd-notify` is a process of its own.
  ["NotifyAccess", "all"],
  ["KillMode", "process"],
  ["Delegate", "yes"],
  ["Restart", "always"],
  ["RestartPreventExitStatus", "2 3"],
  ["NoNewPrivileges", "yes"],
  ["ProtectSystem", "strict"],
  ["StateDirectoryMode", "0700"],
])("[Service] %s is %s, once", (directive, value) => {
  expect(values("Service", directive)).toEqual([value]);
});

test("a runner that dies again and again is started again and again", () => {
  expect(values("Unit", "StartLimitIntervalSec")).toEqual(["0"]);
  expect(Number(values("Service", "RestartSec")[0])).toBeLessThanOrEqual(5);
});

test("Podman is woken by its socket, and never started or bound to the runner's life", () => {
  expect(values("Unit", "Wants")[0]?.split(" ")).toContain("podman.socket");
  expect(values("Unit", "After")[0]?.split(" ")).toContain("podman.socket");
  expect(TEXT).not.toMatch(
    /podman\.service|podman system service|^(Requires|BindsTo|PartOf|ExecStartPre|ExecStopPost)=/m,
  );
});

test("the runner has longer to stop than it needs, and is fed less often than it feeds", () => {
  expect(Number(values("Service", "TimeoutStopSec")[0])).toBeGreaterThan(5);
  expect(Number(values("Service", "WatchdogSec")[0])).toBeGreaterThanOrEqual(60);
});

test("it starts in the state folder that systemd makes for it, and may write there", () => {
  const [folder] = values("Service", "StateDirectory");
  expect(values("Service", "ExecStart")[0]).toMatch(new RegExp(`start --state-dir /var/lib/${folder}$`));
  expect(values("Service", "ReadWritePaths")[0]?.split(" ")).toContain(`/var/lib/${folder}`);
});

test("the kernel lets it do for jobs what it must: give folders away, look at processes, set networks' rules, reach Podman and the gateway", () => {
  const capabilities = values("Service", "CapabilityBoundingSet")[0]?.split(" ");
  expect(capabilities).toEqual(
    expect.arrayContaining(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_SYS_PTRACE"]),
  );
  expect(values("Service", "RestrictAddressFamilies")[0]?.split(" ").sort()).toEqual([
    "AF_INET",
    "AF_INET6",
    "AF_NETLINK",
    "AF_UNIX",
  ]);
  // Node compiles while it runs.
  expect(values("Service", "MemoryDenyWriteExecute")).toEqual([]);
});
