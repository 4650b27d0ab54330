/** The renderer's process: what it may take, what it can reach, and what is said when it has to be ended. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type ChildCommand, childCommand } from "../../../../runner/template/child-command.ts";
import { createRenderer } from "../../../../runner/template/render.ts";
import { REAL_TIMERS, type Timers } from "../../../../runner/timers.ts";
import { aRequest } from "../../../support/template.ts";

const OTHER_SIGNAL = new AbortController().signal;
/** Loading alone takes seconds where every core is busy. */
const PATIENCE_MS = 60_000;

function render(template: string, values = {}, parts: { command?: ChildCommand; timers?: Timers } = {}) {
  const renderer = createRenderer(parts.timers ?? REAL_TIMERS, parts.command);
  return renderer(aRequest(template, values), OTHER_SIGNAL);
}

const failure = (detail: string) => ({ is: "failed", failure: { code: "template_failed", detail } });

test("a template becomes a script that says what runs it", { timeout: PATIENCE_MS }, async () => {
  const text = "#!/usr/bin/env bash\nrun 'it'\"'\"'s'\n";
  expect(await render("run {{ v }}\n", { v: "it's" })).toEqual({ is: "script", text });
});

const LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
const DOUBLING = "{% set n = namespace(t='x' * 99999) %}{% for i in range(99) %}{% set n.t = n.t ~ n.t %}{% endfor %}";

const hostile: [what: string, template: string, detail: string, values?: Record<string, string>][] = [
  ["loops for ever", LOOPS, "it takes more than 2 seconds"],
  [
    "has a pattern that never ends",
    '{{ v is match("(a+)+b") }}',
    "it takes more than 2 seconds",
    { v: "a".repeat(50) },
  ],
  ["takes memory for ever", DOUBLING, "too much memory was needed"],
  [
    "calls itself",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "line 1: invalid operation: recursion limit exceeded",
  ],
  ["nests deeply", `{{ ${"(".repeat(9999)}1`, "line 1: syntax error: template exceeds maximum recursion limits"],
  ["writes too much", `{% for a in range(99999) %}${"x".repeat(99)}{% endfor %}`, "the script is larger than 1 MiB"],
  ["writes NUL", "{{ '\\x00'|safe }}", "the script contains a NUL character"],
];

test.each(hostile)("a template that %s fails with a sentence", { timeout: PATIENCE_MS }, async (...given) => {
  const [, template, detail, values] = given;
  const rendered = await render(template, values);
  expect(rendered).toEqual(failure(detail));
});

/** The real limits and flags around another program. */
function limited(program: string, keep: (argument: string) => boolean = () => true): ChildCommand {
  const { file, args } = childCommand();
  return { file, args: [...args.slice(0, -1).filter(keep), "-e", `console.log("ready"); ${program}`] };
}

test("the kernel ends a renderer that takes more memory than it may", { timeout: PATIENCE_MS }, async () => {
  const program = "const all = []; for (;;) { all.push(Buffer.alloc(1e6, 1)); }";
  expect(await render("", {}, { command: limited(program) })).toEqual(failure("it needs too much memory"));
});

test("without the kernel's limit the same renderer would take it all", { timeout: PATIENCE_MS }, async () => {
  const program = `const all = []; while (all.length < 600) { all.push(Buffer.alloc(1e6, 1)); }
    console.log(JSON.stringify({ is: "script", text: String(all.length) }))`;
  const { file, args } = limited(program);
  const unlimited = { file, args: ["-c", 'exec "$@"', ...args.slice(2)] };
  expect(await render("", {}, { command: unlimited })).toMatchObject({ is: "script", text: /600/ });
  expect(await render("", {}, { command: { file, args } })).toEqual(failure("it needs too much memory"));
});

test("it has no environment, no folder, no other descriptors and no way to write or run", {
  timeout: PATIENCE_MS,
}, async () => {
  const program = `
    const tried = (what) => { try { what(); return "done"; } catch (error) { return error.code; } };
    const fs = require("node:fs");
    const found = {
      environment: Object.keys(process.env).filter((name) => !["PWD", "_", "SHLVL", "OLDPWD"].includes(name)),
      folder: process.cwd(),
      write: tried(() => fs.writeFileSync("/tmp/ucloud-test-of-renderer", "x")),
      run: tried(() => require("node:child_process").execFileSync("true")),
      thread: tried(() => new (require("node:worker_threads").Worker)("1", { eval: true })),
    };
    console.log(JSON.stringify({ is: "script", text: JSON.stringify(found) }))`;
  const rendered = await render("", {}, { command: limited(program) });
  const text = rendered.is === "script" ? rendered.text.split("\n")[1] : "";
  const denied = "ERR_ACCESS_DENIED";
  expect(JSON.parse(text ?? "")).toEqual({ environment: [], folder: "/", write: denied, run: denied, thread: denied });
});

test.each([
  ["cannot be started", { file: "/no/such/program", args: [] }],
  ["ends before it has begun", { file: "/bin/sh", args: ["-c", "exit 1"] }],
  ["says something else", { file: "/bin/sh", args: ["-c", "echo hello"] }],
])("a renderer that %s is the machine's fault", async (_, command) => {
  await expect(render("x", {}, { command })).rejects.toThrow("the renderer");
});

test.each([
  ["nothing", "echo ready"],
  ["no JSON", "echo ready; echo x"],
  ["another shape", `echo ready; echo '{"is":"script"}'`],
])("an answer with %s is no script", async (_, program) => {
  const command = { file: "/bin/sh", args: ["-c", `cat >/dev/null; ${program}`] };
  expect(await render("x", {}, { command })).toEqual(failure("it needs too much memory"));
});

test("an answer without end is cut off", async () => {
  const command = { file: "/bin/sh", args: ["-c", "echo ready; exec cat /dev/zero"] };
  expect(await render("x", {}, { command })).toEqual(failure("the script is larger than 1 MiB"));
});

test("a renderer that is given no time of the processor is the machine's fault", async () => {
  const now: Timers = {
    after(ms, wake) {
      const timer = setTimeout(wake, ms > 20_000 ? ms : 0);
      return () => clearTimeout(timer);
    },
  };
  const command = { file: "/bin/sh", args: ["-c", "echo ready; exec sleep 1000"] };
  await expect(render("x", {}, { command, timers: now })).rejects.toThrow("starved");
});

test("a rendering that is called off ends its process, and the next one goes on", {
  timeout: PATIENCE_MS,
}, async () => {
  const calledOff = new AbortController();
  const renderer = createRenderer(REAL_TIMERS);
  const first = renderer(aRequest(LOOPS), calledOff.signal);
  const second = renderer(aRequest("x"), OTHER_SIGNAL);
  calledOff.abort();
  await expect(first).rejects.toThrow("aborted");
  expect(await second).toMatchObject({ is: "script" });
});

/** Of the processes that this one has started and that still are. */
function commandLines(): string[] {
  return readdirSync("/proc/self/task")
    .flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" "))
    .filter((pid) => existsSync(`/proc/${pid}/cmdline`))
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
}

test("no renderer is left behind", () => {
  expect(commandLines().filter((line) => line.includes("child-main"))).toEqual([]);
});
