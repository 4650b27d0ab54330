/** A line to a gateway that is played by the test: keeps what the node says, says what the test wants. */
import type { Agent } from "../../runner/agent.ts";
import type { Link } from "../../runner/link.ts";
import { decodeRunnerFrame, encodeFrame } from "../../shared/codec.ts";
import type { Ref } from "../../shared/ids.ts";
import type { Fact, RunnerFrame, RunnerTimes, Welcome } from "../../shared/protocol.ts";
import { DEFAULT_TIMES } from "../../shared/times.ts";

export class ScriptedLink implements Link {
  readonly category: string;
  readonly sent: RunnerFrame[] = [];
  hellos = 0;
  up = true;

  constructor(category = "example-compute") {
    this.category = category;
  }

  send(frame: RunnerFrame): boolean {
    if (!this.up) {
      return false;
    }
    const decoded = decodeRunnerFrame(encodeFrame(frame));
    if (!decoded.ok) {
      throw new Error(`${frame.type} is no frame of the protocol: ${decoded.fault.field} ${decoded.fault.message}`);
    }
    this.sent.push(decoded.frame);
    return true;
  }

  sayHello(): void {
    this.hellos += 1;
  }

  frames<T extends RunnerFrame["type"]>(type: T): Extract<RunnerFrame, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<RunnerFrame, { type: T }> => frame.type === type);
  }

  facts(ref: Ref): Fact[] {
    return this.frames("fact").flatMap((frame) => (sameText(frame.ref, ref) ? [frame.fact] : []));
  }

  /** The last of its kind, if one was told. */
  fact<K extends Fact["kind"]>(ref: Ref, kind: K): Extract<Fact, { kind: K }> | undefined {
    return this.facts(ref).findLast((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
  }

  /** Connects: `hello` from memory, then this welcome. */
  welcome(
    agent: Agent,
    verdicts: Welcome["verdicts"] = [],
    times: Partial<RunnerTimes> = {},
    drained?: Welcome["drained"],
  ): void {
    this.up = true;
    agent.describe(this.category);
    agent.welcomed(this, {
      type: "welcome",
      runner: { id: "runner-1", name: "node-1" },
      times: { ...DEFAULT_TIMES, ...times },
      now: 0,
      reconnectWindowMs: 0,
      oldestVersion: "0.1.0",
      verdicts,
      ...(drained === undefined ? {} : { drained }),
    });
  }

  drop(agent: Agent): void {
    this.up = false;
    agent.lost(this.category);
  }
}

function sameText(a: Ref, b: Ref): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
