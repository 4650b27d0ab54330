/** One template, rendered in the dialect. Runs in the child only: nothing bounds its time or memory from inside. */
import { Environment, initSync } from "minijinja-js/dist/web/minijinja_js.js";
import { utf8Length } from "../../shared/text.ts";
import { DialectError } from "./dialect-error.ts";
import { engineBytes } from "./engine-bytes.ts";
import { faultWords } from "./fault-words.ts";
import { type Callback, FILTERS, textOf } from "./filters.ts";
import { FUNCTIONS } from "./functions.ts";
import { quote } from "./quote.ts";
import { type Answer, MAX_SCRIPT_BYTES, type RenderRequest } from "./request.ts";
import { QUOTE_FILTER, rewriteTemplate } from "./rewrite.ts";
import { TESTS } from "./tests.ts";

/** In the engine's HTML mode, by its name: only there it remembers what is safe. */
const NAME = "script.html";
/** The most that the engine may take (`child-command.ts`), less what a single growth asks for. */
const FULL_BYTES = 64 * 1024 * 1024;

export type Engine = { render(request: RenderRequest): Answer };
type Memory = { readonly buffer: { readonly byteLength: number } };

/** Loading takes longer than most templates: it is over before the template's time begins. */
export function loadEngine(): Engine {
  const { memory } = initSync({ module: engineBytes() });
  return { render: (request) => renderIn(memory, request) };
}

function renderIn(memory: Memory, { script, rank }: RenderRequest): Answer {
  const template = joined(script);
  let objection: DialectError | null = null;
  // The engine cannot be told that a callback failed: it would end as a whole and name no reason.
  const guarded =
    (callback: Callback) =>
    (...given: unknown[]) => {
      try {
        return callback(...given);
      } catch (error) {
        objection ??= error instanceof DialectError ? error : new DialectError("a filter or function failed");
        return undefined;
      }
    };
  const said = (): DialectError | null => objection;
  try {
    const context = { ...script.values, ucloud: { ...script.ucloud, rank } };
    const text = newEnvironment(guarded).renderNamedStr(NAME, rewriteTemplate(template), context);
    const failed = said();
    return failed === null ? scriptOf(text) : fault(null, failed.message);
  } catch (error) {
    const failed = said();
    return failed === null ? faultOf(error, template, memory) : fault(null, failed.message);
  }
}

/** Job templates of workflows follow the application's own. */
export function joined({ template, workflows }: Pick<RenderRequest["script"], "template" | "workflows">): string {
  return [template, ...workflows].filter((part, index) => index > 0 || part !== "").join("\n");
}

function newEnvironment(guarded: (callback: Callback) => Callback): Environment {
  const environment = new Environment();
  environment.keepTrailingNewline = true;
  environment.undefinedBehavior = "chainable";
  // Methods of Python's texts, lists and dictionaries.
  environment.enablePyCompat();
  environment.addFilter(
    QUOTE_FILTER,
    guarded((value) => quote(textOf(value))),
  );
  for (const [name, filter] of Object.entries(FILTERS)) {
    environment.addFilter(name, guarded(filter));
  }
  for (const [name, test] of Object.entries(TESTS)) {
    environment.addTest(name, guarded(test));
  }
  for (const [name, callback] of Object.entries(FUNCTIONS)) {
    environment.addGlobal(name, guarded(callback));
  }
  return environment;
}

function scriptOf(text: string): Answer {
  if (text.includes("\0")) {
    return fault(null, "the script contains a NUL character");
  }
  const script = text.toWellFormed();
  return utf8Length(script) > MAX_SCRIPT_BYTES
    ? fault(null, "the script is larger than 1 MiB")
    : { is: "script", text: script };
}

function fault(line: number | null, words: string): Answer {
  return { is: "fault", line, words };
}

/** The engine's first line: `kind: words (in NAME:LINE)`. */
function faultOf(error: unknown, template: string, memory: Memory): Answer {
  if (error instanceof Error && error.name === "RuntimeError") {
    const isFull = memory.buffer.byteLength > FULL_BYTES;
    return fault(null, isFull ? "too much memory was needed" : "the template could not be evaluated");
  }
  if (error instanceof RangeError) {
    return fault(null, "recursion limit exceeded");
  }
  const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
  const [whole, message = first, line] = /^(.*?) \(in [^()]*:(\d+)\)/.exec(first) ?? [];
  return fault(whole === undefined ? null : Number(line), faultWords(message, template));
}
