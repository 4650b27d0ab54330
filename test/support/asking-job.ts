/** A job that tries whatever a test asks of it, one shell script at a time, and stays. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderName, type Ref } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { eventually, type RealNode } from "./real-node.ts";

const UNTIL_TOLD = `
while [ ! -e end ]; do
  if [ -e ask ]; then mv ask asked; sh asked > answer.new 2>&1; mv answer.new answer; fi
  sleep 0.05
done`;

export class AskingJob {
  readonly ref: Ref;
  readonly #work: string;

  private constructor(ref: Ref, work: string) {
    this.ref = ref;
    this.#work = work;
  }

  static async start(node: RealNode, change: Partial<JobPlan> = {}, job = "77"): Promise<AskingJob> {
    const ref = await node.run(["sh", "-c", UNTIL_TOLD], { wallMs: 600_000, ...change }, job);
    await node.told(ref, "started");
    return new AskingJob(ref, join(node.stateDir, "jobs", folderName(ref), "work"));
  }

  async ask(script: string): Promise<string> {
    const answer = join(this.#work, "answer");
    rmSync(answer, { force: true });
    writeFileSync(join(this.#work, "ask.new"), script);
    renameSync(join(this.#work, "ask.new"), join(this.#work, "ask"));
    await eventually(() => existsSync(answer));
    return readFileSync(answer, "utf8");
  }

  async reaches(address: string, port: number): Promise<boolean> {
    return (await this.ask(`nc -w 2 ${address} ${port} </dev/null && echo reached`)).includes("reached");
  }

  end(): void {
    writeFileSync(join(this.#work, "end"), "");
  }
}
