/** A job whose command is a template: rendered after the acceptance, before `ready`, and mounted for the job to read. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Rendered, RendererError } from "../../../runner/template/render.ts";
import { folderName } from "../../../shared/ids.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";
import { aScript } from "../../support/template.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const SECRET = "s3cr3t";
const scripted = () => aPlan({ argv: [], script: aScript("echo hello\n", { value: SECRET }) });
const etc = () => join(node.stateDir, "jobs", folderName(aRef()), "attempt-1-0", "etc");
const scriptPath = () => join(etc(), "script-0.sh");

/** Renderings wait until they are answered or called off. */
function held() {
  const waiting: ((answer: Rendered) => void)[] = [];
  const calls: AbortSignal[] = [];
  node.render = (_, signal) => {
    calls.push(signal);
    return new Promise((resolve, reject) => {
      waiting.push(resolve);
      signal.addEventListener("abort", () => reject(new RendererError("called off")));
    });
  };
  return { calls, answer: (answer: Rendered) => waiting.shift()?.(answer) };
}

test("is not ready before its script is written", async () => {
  node = await aNode();
  const renderer = held();
  node.offer(aRef(), scripted());
  await until(() => renderer.calls.length === 1, "a rendering");
  await quiet();
  expect(node.link.frames("accept")).toMatchObject([{ ready: false }]);
  expect(node.link.frames("ready")).toEqual([]);
  expect(node.container()).toBeUndefined();
  renderer.answer({ is: "script", text: "echo hello\n" });
  await until(() => node.link.frames("ready").length === 1, "ready");
  expect(readFileSync(scriptPath(), "utf8")).toBe("echo hello\n");
  expect(statSync(scriptPath()).mode & 0o777).toBe(0o644);
});

test.each(["bash", "sh"])("is run by the image's %s from a file beside its folder", async (shell) => {
  node = await aNode((n) => {
    n.engine.shell = shell;
  });
  await node.runJob(aRef(), scripted());
  expect(node.container()?.order.plan.argv).toEqual([shell, "/etc/ucloud/script-0.sh"]);
  expect(node.container()?.order.files).toEqual([{ source: etc(), destination: "/etc/ucloud" }]);
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a template that fails is told as the job's fault and nothing is created", async () => {
  const failure = { code: "template_failed", detail: "line 3: unknown filter" } as const;
  node = await aNode((n) => {
    n.render = async () => ({ is: "failed", failure });
  });
  node.offer(aRef(), scripted());
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure).toEqual(failure);
  expect(node.container()).toBeUndefined();
  expect(existsSync(scriptPath())).toBe(false);
  expect(JSON.stringify([node.link.sent, node.log])).not.toContain(SECRET);
});

test("a renderer that does not work is told as the machine's fault", async () => {
  node = await aNode((n) => {
    n.render = () => Promise.reject(new RendererError("the renderer cannot be started"));
  });
  node.offer(aRef(), scripted());
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure.code).toBe("renderer_failed");
});

test("a job that is cancelled while it is rendered calls the rendering off and ends cancelled", async () => {
  node = await aNode();
  const renderer = held();
  node.offer(aRef(), scripted());
  await until(() => renderer.calls.length === 1, "a rendering");
  node.agent.received(node.link, { type: "cancel", ref: aRef() });
  await node.told("exited");
  expect(renderer.calls[0]?.aborted).toBe(true);
  await quiet();
  expect(node.link.facts(aRef())).toMatchObject([{ kind: "exited", cause: "cancelled" }]);
});

test("a process that died after the acceptance renders again when it is back", async () => {
  node = await aNode();
  const renderer = held();
  node.offer(aRef(), scripted());
  await until(() => renderer.calls.length === 1, "a rendering");
  await node.crash();
  node.render = async () => ({ is: "script", text: "echo again\n" });
  await node.boot();
  node.link.welcome(node.agent);
  await until(() => node.container() !== undefined, "the container");
  expect(readFileSync(scriptPath(), "utf8")).toBe("echo again\n");
  node.go();
  await node.told("started");
});
