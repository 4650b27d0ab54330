/** The site's own programs: what they are asked, when, and what becomes of the job and the machine. */
import { afterEach, expect, test } from "vitest";
import type { HookEnd } from "../../../runner/hooks/hook.ts";
import { refName } from "../../../shared/ids.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, NodeUnderTest } from "../../support/node-under-test.ts";

const OK: HookEnd = { ok: true };
const WHOLE = { cpu: 4, memoryBytes: GIB, gpu: 0 };

let node: NodeUnderTest;
afterEach(() => node.end());

/** A program that ends when the test says so. */
function held() {
  let release: (end: HookEnd) => void = () => {};
  const calls: Record<string, string>[] = [];
  const hook = (environment: Record<string, string>) => {
    calls.push(environment);
    return new Promise<HookEnd>((resolve) => {
      release = resolve;
    });
  };
  return { hook, calls, end: (end: HookEnd = OK) => release(end) };
}

const withHooks = (hooks: NodeUnderTest["hooks"]) => aNode((made) => Object.assign(made, { hooks }));

function acknowledge(ref = aRef()): void {
  for (const { kind } of node.link.facts(ref)) {
    node.agent.received(node.link, { type: "ack", ref, kind });
  }
}

test("the prolog runs before there is a container, and knows the job but none of its parameters", async () => {
  const prolog = held();
  node = await withHooks({ prolog: prolog.hook });
  node.offer(aRef(), aPlan({ argv: ["secret-argument"], environment: { A: "secret-value" } }));
  await until(() => prolog.calls.length === 1, "the prolog");
  node.go();
  await quiet();
  expect(node.container()).toBeUndefined();
  expect(prolog.calls).toEqual([
    {
      UCLOUD_HOOK: "prolog",
      UCLOUD_JOB: "1001",
      UCLOUD_INCARNATION: aRef().incarnation,
      UCLOUD_ATTEMPT: "1",
      UCLOUD_CONTAINER: refName(aRef()),
      UCLOUD_CATEGORY: "example-compute",
      UCLOUD_PRODUCT: "example-compute-1",
      UCLOUD_WORKSPACE: "user:alice",
      UCLOUD_APPLICATION: "acme-batch@1.0.0",
      UCLOUD_CPU: "1",
      UCLOUD_MEMORY_BYTES: String(GIB),
      UCLOUD_GPUS: "",
      UCLOUD_WORK: expect.stringContaining("/work"),
    },
  ]);
  prolog.end();
  await node.told("started");
});

test("where the prolog fails the job is not started, and the fault is the machine's", async () => {
  node = await withHooks({ prolog: async () => ({ ok: false, why: "no scratch" }) });
  node.offer();
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")).toMatchObject({ failure: { code: "prolog_failed" } });
  expect(node.engine.startCalls).toEqual([]);
});

test("the epilog runs when the program has ended; the end is told at once, the room comes free afterwards", async () => {
  const epilog = held();
  node = await withHooks({ epilog: epilog.hook });
  await node.runJob(aRef(), aPlan({ resources: WHOLE }));
  node.engine.exit(refName(aRef()), 7);
  await node.told("exited");
  await until(() => epilog.calls.length === 1, "the epilog");
  expect(epilog.calls[0]).toMatchObject({ UCLOUD_HOOK: "epilog", UCLOUD_OUTCOME: "exited", UCLOUD_EXIT_CODE: "7" });
  acknowledge();
  node.offer(aRef({ job: "1002" }), aPlan({ resources: WHOLE }));
  await until(() => node.link.frames("refuse").length === 1, "the refusal");
  epilog.end();
  await until(() => node.link.frames("capacity").length > 0, "the room");
  node.offer(aRef({ job: "1003" }), aPlan({ resources: WHOLE }));
  await until(() => node.link.frames("accept").length === 2, "an acceptance");
});

test.each(["prolog", "epilog"] as const)("after a crash in the %s the epilog still runs, last", async (crashedIn) => {
  const order: string[] = [];
  const crashes = held();
  const note = (name: "prolog" | "epilog") => async (environment: Record<string, string>) => {
    order.push(name);
    return name === crashedIn && order.filter((one) => one === name).length === 1 ? crashes.hook(environment) : OK;
  };
  node = await withHooks({ prolog: note("prolog"), epilog: note("epilog") });
  node.offer();
  node.go();
  if (crashedIn === "epilog") {
    await node.told("started");
    node.engine.exit(refName(aRef()), 0);
  }
  await until(() => crashes.calls.length === 1, "the crash's moment");
  await node.crash();
  node.link.sent.length = 0;
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "cancel" }]);
  await node.told("exited");
  await until(() => order.at(-1) === "epilog", "the epilog");
  acknowledge();
  await node.agent.idle();
  expect(order.filter((name) => name === "epilog")).toHaveLength(crashedIn === "epilog" ? 2 : 1);
});

test("a job that is taken back during its prolog ends it, and the epilog cleans up", async () => {
  const prolog = held();
  const epilogs: Record<string, string>[] = [];
  node = await withHooks({
    prolog: prolog.hook,
    epilog: async (environment) => {
      epilogs.push(environment);
      return OK;
    },
  });
  node.offer();
  await until(() => prolog.calls.length === 1, "the prolog");
  node.agent.received(node.link, { type: "forget", ref: aRef() });
  await node.agent.idle();
  expect(epilogs).toHaveLength(1);
  expect(node.container()).toBeUndefined();
});

test("where the epilog fails the machine takes no more jobs until the runner is started again", async () => {
  node = await withHooks({ epilog: async () => ({ ok: false, why: "GPU 0 is still in use" }) });
  await node.runJob();
  node.engine.exit(refName(aRef()), 0);
  await until(() => node.agent.status().closed !== null, "the closing");
  expect(node.agent.status().closed).toEqual({
    code: "health",
    text: "The site's own check: the epilog of job 1001 failed, GPU 0 is still in use; restart the runner when the machine is clean",
  });
  acknowledge();
  await node.agent.idle();
  await node.crash();
  await node.boot();
  expect(node.agent.status().closed).toBeNull();
});

test("health opens and closes the machine; what runs goes on", async () => {
  let end: HookEnd = { ok: false, why: "/scratch is not mounted" };
  node = new NodeUnderTest();
  node.hooks = { health: async () => end };
  await node.boot();
  node.link.welcome(node.agent);
  expect(node.agent.status().closed?.text).toBe("The site's own check: /scratch is not mounted");
  end = OK;
  await node.clock.advance(60_000);
  expect(node.agent.status().closed).toBeNull();
  await node.runJob();
  end = { ok: false, why: "too hot" };
  await node.clock.advance(60_000);
  expect(node.link.frames("capacity").at(-1)).toMatchObject({ capacity: { closed: { code: "health" } } });
  expect(node.container()?.alive).toBe(true);
});
