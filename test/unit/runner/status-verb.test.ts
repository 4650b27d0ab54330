/** `status` as a monitoring system and an operator see it: what the running process says, and one of three exit codes. */
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { status } from "../../../runner/commands/status.ts";
import { serveControl } from "../../../runner/control-socket.ts";
import { type Status, statusSchema } from "../../../runner/status.ts";
import { aCommand } from "../../support/runner/doctor.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const LINE = { category: "standard", connected: true, heardAgoMs: 4_000, trouble: null };
const TROUBLE = { ...LINE, category: "large", connected: false, heardAgoMs: null, trouble: "the gateway answers 503" };

function aStatus(change: Partial<Status> = {}): Status {
  return statusSchema.parse({
    ...{ version: "1.2.3", runner: { id: "r-1", name: "node-1" }, draining: false, podman: "up" },
    ...{ closed: null, journalLost: false, total: { cpu: 8, memoryBytes: 2 ** 34, gpu: 1 }, lines: [LINE], jobs: [] },
    ...{ foreign: [], ...change },
  });
}

/** The verb against a process that says so. */
async function verbSays(said: object, flags: { json?: true } = {}): Promise<{ code: number; text: string }> {
  const stateDir = aStateFolder();
  const server = serveControl(
    stateDir,
    () => said,
    () => {},
  );
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const code = await status({ ...aCommand({ stateDir }), flags });
  return { code, text: log.mock.calls.join("\n") };
}

test("an operator reads what it gives, its lines, its jobs, and what is wrong", async () => {
  const ref = { job: "1001", incarnation: "00112233445566aa", attempt: 2, rank: 0 };
  const job = { ref, category: "standard", phase: "running", gpus: ["toy.org/gpu=0"], ending: null, untold: 0 };
  const { code, text } = await verbSays(
    aStatus({
      lines: [
        { ...LINE, losses: 0 },
        { ...TROUBLE, losses: 0 },
      ],
      jobs: [job],
      foreign: ["ucloud-7-x"],
      drives: [{ id: "9", folder: "/srv/9", trouble: "there is no such folder" }],
      networks: { served: [], trouble: "nft is missing" },
    }),
  );
  for (const words of [
    ...["node-1 (r-1), version 1.2.3", "8 cores, 16.0 GiB, 1 GPUs", "takes jobs", "standard: connected, heard 4 s ago"],
    ...["large: not connected: the gateway answers 503", "job 1001 (standard): running, attempt 2, toy.org/gpu=0"],
    ...["foreign container, counted as used: ucloud-7-x", "drive 9 is not served: /srv/9: there is no such folder"],
    "no networks for jobs: nft is missing",
  ]) {
    expect(text).toContain(words);
  }
  expect(code).toBe(1);
});

test("why it takes no jobs is told, and somebody's wish is no fault", async () => {
  const closed = { code: "disk", text: "Less than 5.0 GiB of disk space is free." };
  expect(await verbSays(aStatus({ closed }))).toMatchObject({ code: 1, text: expect.stringContaining(closed.text) });
  expect(await verbSays(aStatus({ closed: { code: "drain", text: "maintenance" }, draining: true }))).toMatchObject({
    code: 0,
    text: expect.stringContaining("drains: takes no new jobs (maintenance)"),
  });
});

test("a program gets the same as JSON, and the same exit code", async () => {
  const said = aStatus({ lines: [{ ...TROUBLE, losses: 3 }] });
  const { code, text } = await verbSays(said, { json: true });
  expect(code).toBe(2);
  expect(JSON.parse(text)).toEqual(said);
});

test("what is no status is as good as no runner", async () => {
  expect(await verbSays({ error: "unknown request" }, { json: true })).toEqual({ code: 2, text: "null" });
});
