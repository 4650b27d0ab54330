/**
 * A Debian of its own for trying packages: what this machine has installed, seen through an overlay that is thrown away,
 * with nothing in `/run` and a systemd that only notes what it is asked for. `/tmp` and the processes are the machine's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Child } from "./child.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SYSTEMCTL = "/var/log/systemctl";

/** Notes what it is asked for; a question is answered by what was asked for before. */
const FAKE_SYSTEMCTL = `#!/bin/sh
case "$1" in
  show) echo LoadState=loaded; test -e /run/started && echo ActiveState=active || echo ActiveState=inactive; exit ;;
  is-enabled) test -e /run/enabled && echo enabled; exit ;;
  enable) touch /run/enabled ;;
  start) touch /run/started ;;
esac
echo "$*" >> ${SYSTEMCTL}
`;

/** In a mount namespace, which ends with this process. */
const SET_UP = `
  set -e
  mount -t tmpfs -o size=2g tmpfs "$1"
  mkdir "$1/upper" "$1/work" "$1/root"
  mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
  mount -t tmpfs tmpfs "$1/root/run"
  for shared in proc sys dev tmp; do mount --rbind "/$shared" "$1/root/$shared"; done
  mkdir -p "$1/root/run/systemd/system"
  : > "$1/root${SYSTEMCTL}"
  printf %s "$2" > "$1/root/usr/bin/systemctl"
  chmod 755 "$1/root/usr/bin/systemctl"
  echo ready
  exec sleep infinity
`;

export class BareMachine {
  readonly #folder: string;
  readonly #holder: ReturnType<typeof spawn>;
  readonly #processes: Child[] = [];

  private constructor(folder: string, holder: ReturnType<typeof spawn>) {
    this.#folder = folder;
    this.#holder = holder;
  }

  static async start(): Promise<BareMachine> {
    const folder = await mkdtemp(join(tmpdir(), "ucloud-edge-bare-"));
    const args = ["--mount", "--propagation", "private", "sh", "-c", SET_UP, "sh", folder, FAKE_SYSTEMCTL];
    const holder = spawn("unshare", args, { stdio: ["ignore", "pipe", "inherit"] });
    const ready = once(createInterface({ input: holder.stdout }), "line");
    await Promise.race([ready, once(holder, "exit").then(() => Promise.reject(new Error("no overlay could be made")))]);
    return new BareMachine(folder, holder);
  }

  /** Goes on until it is stopped, or until the machine is. */
  launch(...command: string[]): Child {
    const args = [`--mount=/proc/${this.#holder.pid}/ns/mnt`, "chroot", join(this.#folder, "root"), ...command];
    const child = new Child("nsenter", args, { cwd: "/", env: { PATH, DEBIAN_FRONTEND: "noninteractive" } });
    this.#processes.push(child);
    return child;
  }

  /** To its end. */
  async run(...command: string[]): Promise<{ code: number | null; text: string }> {
    const child = this.launch(...command);
    const code = await child.exited;
    return { code, text: child.lines.join("\n") };
  }

  /** @throws with what it said, where it fails. */
  async must(...command: string[]): Promise<string> {
    const { code, text } = await this.run(...command);
    if (code !== 0) {
      throw new Error(`${command.join(" ")} ended with ${code}: ${text}`);
    }
    return text;
  }

  /** As the programs in it see the file. */
  read(path: string): Promise<string> {
    return readFile(`/proc/${this.#holder.pid}/root${join(this.#folder, "root", path)}`, "utf8");
  }

  /** What systemd was asked for since the last time. */
  async askedOfSystemd(): Promise<string[]> {
    const text = await this.read(SYSTEMCTL);
    await this.must("truncate", "--size=0", SYSTEMCTL);
    return text.split("\n").filter((line) => line !== "");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((child) => child.kill()));
    this.#holder.kill("SIGKILL");
    await once(this.#holder, "exit");
    await rm(this.#folder, { recursive: true, force: true });
  }
}
