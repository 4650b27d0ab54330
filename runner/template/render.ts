/**
 * A template becomes a script, in a process of its own that is killed when it takes too long or too much.
 *
 * One at a time: a node that takes fifty jobs at once must not start fifty engines.
 */
import type { Failure } from "../../shared/failure.ts";
import type { Timers } from "../timers.ts";
import { type ChildCommand, childCommand } from "./child-command.ts";
import { type Run, runChild } from "./child-run.ts";
import { type Answer, answerSchema, MAX_SCRIPT_BYTES, READY, type RenderRequest } from "./request.ts";

/** JSON makes six bytes of a control character. */
const MAX_ANSWER_BYTES = 6 * MAX_SCRIPT_BYTES + 1024;
const FIRST_LINE = "#!/usr/bin/env bash\n";

const TOO_LONG = "it takes more than 2 seconds";
const TOO_MUCH = "it needs too much memory";
const TOO_LARGE = "the script is larger than 1 MiB";
const NOT_TEXT = "the script contains a NUL character";

export type Rendered = { is: "script"; text: string } | { is: "failed"; failure: Failure };

/** Throws `RendererError` when the process could not do its work for a reason that is the machine's. */
export type Render = (request: RenderRequest, signal: AbortSignal) => Promise<Rendered>;

export class RendererError extends Error {
  override name = "RendererError";
}

export function createRenderer(timers: Timers, command: ChildCommand = childCommand()): Render {
  let last: Promise<unknown> = Promise.resolve();
  return (request, signal) => {
    const input = JSON.stringify(request);
    const mine = last.then(async () => {
      const run = await runChild({ command, input, maxBytes: MAX_ANSWER_BYTES, timers, signal }).catch(() => {
        throw new RendererError("the renderer cannot be started");
      });
      return judge(run);
    });
    last = mine.catch(() => {});
    return mine;
  };
}

function judge({ output, end, stopped }: Run): Rendered {
  const [first, line = ""] = output.split("\n");
  if (first !== READY || stopped === "aborted" || stopped === "starved") {
    throw new RendererError(`the renderer did not do its work (${stopped ?? end})`);
  }
  if (stopped !== null) {
    return failed(stopped === "late" ? TOO_LONG : TOO_LARGE);
  }
  const answer = end === 0 ? answerOf(line) : null;
  if (answer === null) {
    // The engine answers whatever a template does wrong: only the limit of memory ends it without a word.
    return failed(TOO_MUCH);
  }
  if (answer.is === "fault") {
    return failed(answer.line === null ? answer.words : `line ${answer.line}: ${answer.words}`);
  }
  return answer.text.includes("\0") ? failed(NOT_TEXT) : { is: "script", text: FIRST_LINE + answer.text };
}

function answerOf(line: string): Answer | null {
  try {
    return answerSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function failed(detail: string): Rendered {
  return { is: "failed", failure: { code: "template_failed", detail: detail.slice(0, 400) } };
}
