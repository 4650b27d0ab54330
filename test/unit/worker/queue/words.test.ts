/** What the researcher reads at the end: the cause in plain words, and never what the program printed. */
import { describe, expect, test } from "vitest";
import { LOST_REASONS } from "../../../../shared/protocol.ts";
import { MAX_STATUS_CHARS } from "../../../../shared/text.ts";
import { cancelSilentText, cancelText, endOf } from "../../../../worker/queue/words.ts";
import { anExit } from "../../../support/queue/test-runner.ts";

const ENDS: [string, Parameters<typeof anExit>[0], string, RegExp][] = [
  ["exit code 0", {}, "SUCCESS", /^The job has finished processing!$/],
  ["exit code 1", { exitCode: 1 }, "FAILURE", /ended with exit code 1\.$/],
  ["exit code 126", { exitCode: 126 }, "FAILURE", /ended with exit code 126\.$/],
  ["exit code 128", { exitCode: 128 }, "FAILURE", /ended with exit code 128\.$/],
  ["exit code 139", { exitCode: 139 }, "FAILURE", /signal 11 or with exit code 139\.$/],
  ["exit code 192", { exitCode: 192 }, "FAILURE", /signal 64 or with exit code 192\.$/],
  ["exit code 255, which is no signal", { exitCode: 255 }, "FAILURE", /ended with exit code 255\.$/],
  ["an unknown exit code", { exitCode: null }, "FAILURE", /its exit code is unknown\.$/],
  ["out of memory", { exitCode: 137, oom: true }, "FAILURE", /more memory/],
  ["out of memory and exit code 0", { oom: true }, "FAILURE", /more memory/],
  [
    "more disk than it may use",
    { exitCode: 143, disk: { usedBytes: 12.34 * 2 ** 30, limitBytes: 10 * 2 ** 30 } },
    "FAILURE",
    /^The job used 12\.3 GiB of 10 GiB of disk space and was stopped\.$/,
  ],
  [
    "a full disk of the machine",
    { exitCode: null, disk: { usedBytes: 2 ** 30, limitBytes: null } },
    "FAILURE",
    /^The machine was running out of disk space, .* had written most: 1 GiB\. It was stopped\.$/,
  ],
  ["the wall time", { cause: "expired", exitCode: 143 }, "EXPIRED", /used up its time/],
  ["the user's cancel", { cause: "cancelled", exitCode: 143 }, "SUCCESS", /^The job was cancelled\.$/],
  ["silence", { cause: "silence", exitCode: 137 }, "FAILURE", /lost its connection for too long/],
  ["a reboot", { cause: "lost", reason: "machine_restarted", exitCode: null }, "FAILURE", /machine was restarted/],
  [
    "a killed supervisor",
    { cause: "lost", reason: "supervisor_killed" },
    "FAILURE",
    /supervisor .* was killed; the exit/,
  ],
  [
    "a vanished container",
    { cause: "lost", reason: "vanished" },
    "FAILURE",
    /removed by something else on the machine/,
  ],
  ["a removed machine", { cause: "lost", reason: "revoked" }, "FAILURE", /machine .* was removed/],
  ["a start that never was", { cause: "lost", reason: "never_started" }, "FAILURE", /was not started again/],
];

test.each(ENDS)("%s", (_, fact, outcome, text) => {
  expect(endOf(anExit(fact), null)).toEqual({ outcome, text: expect.stringMatching(text) });
});

test("each reason for which an end was not seen has a sentence of its own", () => {
  const texts = LOST_REASONS.map((reason) => endOf(anExit({ cause: "lost", reason, exitCode: null }), null).text);

  expect(new Set(texts).size).toBe(LOST_REASONS.length);
});

test("a job that was to be cancelled and whose end nobody saw counts as cancelled", () => {
  const end = endOf(anExit({ cause: "lost", reason: "machine_restarted", exitCode: null }), { reason: null });

  expect(end).toEqual({ outcome: "SUCCESS", text: cancelText(null) });
});

test("the first cause wins: a job that was to be cancelled but ended before keeps its own end", () => {
  expect(endOf(anExit({ exitCode: 2 }), { reason: null }).outcome).toBe("FAILURE");
  expect(endOf(anExit({ cause: "expired" }), { reason: null }).outcome).toBe("EXPIRED");
});

describe("a text for UCloud", () => {
  const HOSTILE = `a\0b\r\nc${"x".repeat(300_000)}`;
  const TEXTS = [
    cancelText(HOSTILE),
    cancelSilentText(HOSTILE),
    endOf(anExit({ cause: "cancelled" }), { reason: HOSTILE }).text,
    ...ENDS.map(([, fact]) => endOf(anExit(fact), null).text),
  ];

  test.each(TEXTS)("is one short line: %.40s", (text) => {
    expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(text.length).toBeLessThanOrEqual(MAX_STATUS_CHARS);
  });

  test.each(ENDS)("never holds the program's output: %s", (_, fact) => {
    const tail = Buffer.from("secret output").toString("base64");
    const { text } = endOf(anExit({ ...fact, tail }), null);

    expect(text).not.toContain("secret");
    expect(text).not.toContain(tail);
  });
});
