/** A runner as its own process, enrolled by a one-time code like on a real site. */
import { join } from "node:path";
import { Child } from "./child.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const NODE = join(PROJECT, "node_modules/.bin/node");
const PACKAGE_FLAGS = ["--max-semi-space-size=1"];
/** In the environment: the shipped file that is started where nothing else is asked for; without it, the sources are. */
export const RUNNER_PROGRAM = "UCLOUD_EDGE_TEST_RUNNER";

export type RunnerOptions = {
  stateDir: string;
  podmanSocket: string;
  flags?: string[];
  /** Another shipped file. */
  program?: string;
};

export class RunnerProcess {
  readonly stateDir: string;
  readonly jobsDir: string;
  /** Another checkout, whose sources are started: another version. */
  project = PROJECT;
  readonly #flags: string[];
  readonly #program: string | null;
  #child: Child | null = null;

  constructor({ stateDir, podmanSocket, flags = [], program }: RunnerOptions) {
    this.stateDir = stateDir;
    this.jobsDir = join(stateDir, "jobs");
    this.#program = program ?? process.env[RUNNER_PROGRAM] ?? null;
    this.#flags = ["--state-dir", stateDir, "--podman-socket", podmanSocket, ...flags];
  }

  /** Any verb, to its end. */
  async run(verb: string, ...flags: string[]): Promise<{ code: number | null; lines: string[] }> {
    const child = this.begin(verb, ...flags);
    const code = await child.exited;
    return { code, lines: child.lines };
  }

  /** Any verb, for who does not wait for its end. */
  begin(verb: string, ...flags: string[]): Child {
    return this.#spawn(verb, flags);
  }

  async enroll(gateway: string, code: string, ...flags: string[]): Promise<void> {
    const done = await this.run("enroll", "--gateway", gateway, "--code", code, ...flags);
    if (done.code !== 0) {
      throw new Error(`not enrolled: ${done.lines.join("\n")}`);
    }
  }

  /** Resolves when the gateway has welcomed it. */
  async start(...flags: string[]): Promise<void> {
    this.launch(...flags);
    await this.welcome();
  }

  launch(...flags: string[]): void {
    this.#child = this.#spawn("start", flags);
  }

  async welcome(from = 0): Promise<void> {
    await this.child.line((line) => line.includes('"msg":"welcome"'), from);
  }

  get child(): Child {
    if (this.#child === null) {
      throw new Error("the runner was not started");
    }
    return this.#child;
  }

  get lines(): string[] {
    return this.#child?.lines ?? [];
  }

  /** `kill -9`; its containers go on. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  async terminate(): Promise<number | null> {
    return this.child.terminate();
  }

  #spawn(verb: string, flags: string[]): Child {
    const isSource = this.#program === null || this.project !== PROJECT;
    // As packaging/ucloud-runner starts it.
    const program = isSource ? [join(this.project, "runner/cli.ts")] : [...PACKAGE_FLAGS, this.#program];
    const args = [...program, verb, ...this.#flags, ...flags];
    return new Child(NODE, args, { cwd: this.project, env: { PATH: process.env.PATH, HOME: this.stateDir } });
  }
}
