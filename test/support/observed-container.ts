/**
 * A running job's container from its three sides: what the kernel says of its processes, what Podman says of it, and what
 * its own program found when it tried.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../../runner/engine/engine.ts";
import { readTail } from "../../runner/engine/k8s-log.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { MEBIBYTE, placeOrder } from "./engine.ts";
import { askPodman, type PodmanService } from "./podman-service.ts";

const DEADLINE_MS = 30_000;
const END = "@@end";

export class ObservedContainer {
  /** Of the job's program; that of the init process above it is `initPid`. */
  readonly pid: number;
  readonly initPid: number;
  readonly workFolder: string;
  readonly inspected: Record<string, unknown>;
  readonly #findings: Map<string, string>;

  private constructor(given: Pick<ObservedContainer, "pid" | "initPid" | "workFolder" | "inspected">, output: string) {
    this.pid = given.pid;
    this.initPid = given.initPid;
    this.workFolder = given.workFolder;
    this.inspected = given.inspected;
    const parts = output.split("@@").map((part): [string, string] => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), part.slice(end + 1).trim()];
    });
    this.#findings = new Map(parts);
  }

  /** Runs until its service is stopped. `tries`: shell commands by name; each may fail. */
  static async start(
    { engine, service }: { engine: Engine; service: PodmanService },
    plan: JobPlan,
    tries: Record<string, string>,
  ): Promise<ObservedContainer> {
    const lines = Object.entries(tries).map(([name, command]) => `echo "@@${name}"; ( ${command} ) 2>&1`);
    const script = [...lines, `echo ${END}`, "exec sleep 1000"].join("\n");
    const order = await placeOrder(engine, service.folder, { ...plan, argv: ["sh", "-c", script] });
    await engine.create(order);
    await engine.start(order.name, 20_000);
    const output = await outputUntil(order.logFile, END);
    const initPid = (await engine.inspect(order.name))?.pid ?? 0;
    const children = readFileSync(`/proc/${initPid}/task/${initPid}/children`, "utf8").trim().split(" ");
    const { body } = await askPodman(service.socketPath, "GET", `/containers/${order.name}/json`);
    const { workFolder } = order;
    return new ObservedContainer(
      { initPid, pid: Number(children[0]), workFolder, inspected: JSON.parse(body) },
      output,
    );
  }

  /** What the command of that name printed. */
  found(name: string): string {
    return this.#findings.get(name) ?? "it was not tried";
  }

  /** A field of `/proc/PID/status`. */
  status(field: string, pid = this.pid): string {
    return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(this.proc("status", pid))?.[1]?.trim() ?? "no such field";
  }

  proc(file: string, pid = this.pid): string {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  }

  /** Soft and hard. */
  limit(name: string): string[] {
    const line = this.proc("limits")
      .split("\n")
      .find((one) => one.startsWith(name));
    return line?.slice(26).trim().split(/\s+/).slice(0, 2) ?? [];
  }

  namespace(name: string): string {
    return readlinkSync(`/proc/${this.pid}/ns/${name}`);
  }

  /** A limit of its cgroup, by the first of the two names (v1: `controller/file`, v2: `file`) that is there. */
  cgroup(v1: string, v2: string): string {
    const [controller = "", file = ""] = v1.split("/");
    const rows = this.proc("cgroup")
      .trim()
      .split("\n")
      .map((line) => line.split(":"));
    const old = rows.find(([, names]) => names?.split(",").includes(controller));
    const path =
      old === undefined ? `/sys/fs/cgroup${rows[0]?.[2]}/${v2}` : `/sys/fs/cgroup/${controller}${old[2]}/${file}`;
    return readFileSync(path, "utf8").trim();
  }

  /** Where it has something mounted, with its options and the folder of its file system. */
  mounts(): { at: string; options: string[]; root: string; type: string }[] {
    return this.proc("mountinfo")
      .trim()
      .split("\n")
      .map((line) => {
        const [before = "", after = ""] = line.split(" - ");
        const [, , , root = "", at = "", options = ""] = before.split(" ");
        return { at, options: options.split(","), root, type: after.split(" ")[0] ?? "" };
      });
  }

  descriptors(pid = this.initPid): string[] {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  }

  /** A value of Podman's `inspect`. */
  inspect(...path: string[]): unknown {
    return path.reduce<unknown>((value, key) => Object(value)[key], this.inspected);
  }
}

async function outputUntil(logFile: string, end: string): Promise<string> {
  for (const lastMs = Date.now() + DEADLINE_MS; Date.now() < lastMs; await pause(20)) {
    const output = await readTail(logFile, MEBIBYTE).then(String, () => "");
    if (output.includes(end)) {
      return output;
    }
  }
  throw new Error(`the program did not come to its end: ${await readTail(logFile, MEBIBYTE).then(String, String)}`);
}
