/** Who is next, and where. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Head } from "../../../../worker/queue/lanes.ts";
import { type Candidate, match } from "../../../../worker/queue/match.ts";

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

function aHead(change: Partial<Head> & { cpu?: number } = {}): Head {
  const { cpu = 1, ...rest } = change;
  return {
    id: "1",
    incarnation: "0".repeat(16),
    lane: `${cpu}|${rest.workspace ?? "user:alice"}`,
    workspace: "user:alice",
    acceptedAtMs: NOW - 1_000,
    resources: { cpu, memoryBytes: cpu, gpu: 0 },
    gpuKind: null,
    drives: [],
    failedStarts: null,
    ...rest,
  };
}

function aCandidate(id: string, { cpu, free = cpu }: { cpu: number; free?: number }): Candidate {
  return {
    id,
    total: { cpu, memoryBytes: cpu, gpu: 0 },
    free: { cpu: free, memoryBytes: free, gpu: 0 },
    gpuKind: null,
    drives: new Map(),
    jobs: 0,
  };
}

/** `job@runner`, in the order in which they were paired. */
function paired(
  heads: Head[],
  runners: Candidate[],
  usage: Record<string, number> = {},
  served: string[] = [],
): string[] {
  const inUse = { byWorkspace: new Map(Object.entries(usage)), served: new Set(served) };
  return match(heads, runners, inUse, NOW).pairings.map(({ head, runner }) => `${head.id}@${runner}`);
}

test("the workspace that uses least goes first, whatever the ages", () => {
  const heads = [
    aHead({ id: "busy", workspace: "a", acceptedAtMs: NOW - 60_000 }),
    aHead({ id: "idle", workspace: "b", acceptedAtMs: NOW - 1_000 }),
  ];

  expect(paired(heads, [aCandidate("r", { cpu: 1 })], { a: 3, b: 2 })).toEqual(["idle@r"]);
});

test("of workspaces that use the same the oldest job goes first", () => {
  const heads = [
    aHead({ id: "young", workspace: "a", acceptedAtMs: NOW - 1_000 }),
    aHead({ id: "old", workspace: "b", acceptedAtMs: NOW - 60_000 }),
  ];

  expect(paired(heads, [aCandidate("r", { cpu: 1 })])).toEqual(["old@r"]);
});

test("a round ends where the workspace that was just served may come first again", () => {
  const heads = [aHead({ id: "a1", workspace: "a" }), aHead({ id: "b1", workspace: "b" })];

  // After its first job, `a` still uses less than `b`: whether it has another one the next round will see.
  expect(paired(heads, [aCandidate("r", { cpu: 9 })], { b: 5 })).toEqual(["a1@r"]);
});

test("a job goes to the machine with the least left over", () => {
  const runners = [aCandidate("big", { cpu: 8 }), aCandidate("snug", { cpu: 8, free: 2 })];

  expect(paired([aHead({ cpu: 2 })], runners)).toEqual(["1@snug"]);
});

test("a small job does not take a machine with a GPU while another has room", () => {
  const gpu: Candidate = {
    ...aCandidate("gpu", { cpu: 1 }),
    total: { cpu: 1, memoryBytes: 1, gpu: 1 },
    free: { cpu: 1, memoryBytes: 1, gpu: 1 },
  };

  expect(paired([aHead()], [gpu, aCandidate("plain", { cpu: 8 })])).toEqual(["1@plain"]);
});

test("a job goes only to a machine that has all of its drives", () => {
  const has = (id: string, ...drives: string[]) => ({
    ...aCandidate(id, { cpu: 8 }),
    drives: new Map(drives.map((drive) => [drive, null])),
  });
  const head = aHead({ drives: ["1", "2"] });

  expect(paired([head], [has("none"), has("one", "1"), has("both", "1", "2")])).toEqual(["1@both"]);
  expect(paired([head], [has("none"), has("one", "1"), has("other", "2")])).toEqual([]);
});

test("an aged job holds no machine that lacks its drives", () => {
  const aged = aHead({ id: "aged", cpu: 4, drives: ["1"], workspace: "a", acceptedAtMs: NOW - HOUR - 1 });

  expect(paired([aged, aHead({ id: "small" })], [aCandidate("r", { cpu: 4, free: 3 })])).toEqual(["small@r"]);
});

test("a job that has waited for more than an hour goes before a workspace that uses less", () => {
  const heads = [
    aHead({ id: "aged", workspace: "a", acceptedAtMs: NOW - HOUR - 1 }),
    aHead({ id: "young", workspace: "b" }),
  ];

  expect(paired(heads, [aCandidate("r", { cpu: 1 })], { a: 9 })).toEqual(["aged@r"]);
});

test("age helps no workspace to a second job of a machine type while others use less", () => {
  const aged = aHead({ id: "aged", workspace: "a", acceptedAtMs: NOW - HOUR - 1 });
  const heads = [aged, aHead({ id: "young", workspace: "b" })];

  expect(paired(heads, [aCandidate("r", { cpu: 1 })], { a: 1 }, [aged.lane])).toEqual(["young@r"]);
});

test("for an aged job that fits nowhere now, the machine that lacks least is held free of smaller ones", () => {
  const heads = [aHead({ id: "aged", cpu: 4, workspace: "a", acceptedAtMs: NOW - HOUR - 1 }), aHead({ id: "small" })];
  const near = aCandidate("near", { cpu: 4, free: 3 });
  const far = aCandidate("far", { cpu: 4, free: 1 });

  expect(paired(heads, [near])).toEqual([]);
  expect(paired(heads, [near, far])).toEqual(["small@far"]);
});

test("a job of less than an hour holds nothing", () => {
  const heads = [aHead({ id: "young", cpu: 4, workspace: "a", acceptedAtMs: NOW - HOUR }), aHead({ id: "small" })];

  expect(paired(heads, [aCandidate("r", { cpu: 4, free: 3 })])).toEqual(["small@r"]);
});

test("an aged job that no machine could ever run holds nothing", () => {
  const heads = [aHead({ id: "huge", cpu: 99, acceptedAtMs: 0 }), aHead({ id: "small" })];

  expect(paired(heads, [aCandidate("r", { cpu: 4 })])).toEqual(["small@r"]);
});

/** `job@runner`, in the order in which they were held. */
function held(heads: Head[], runners: Candidate[]): string[] {
  const { holds } = match(heads, runners, { byWorkspace: new Map(), served: new Set() }, NOW);
  return [...holds].map(([runner, { id }]) => `${id}@${runner}`);
}

const large = (id: string, change: Partial<Head> = {}) =>
  aHead({ id, cpu: 4, workspace: id, acceptedAtMs: Number(id), incarnation: id.padStart(16, "0"), ...change });

test("a machine that another queue holds stays open for smaller jobs, and the large one waits for its turn", () => {
  const runner = { ...aCandidate("r", { cpu: 4, free: 1 }), isHeldElsewhere: true };

  expect(held([large("1"), aHead()], [runner])).toEqual(["1@r"]);
  expect(paired([large("1"), aHead({ id: "small" })], [runner])).toEqual(["small@r"]);
});

test("a machine that nobody holds is held before one that lacks less and that another queue holds", () => {
  const near = { ...aCandidate("near", { cpu: 4, free: 3 }), isHeldElsewhere: true };
  const far = aCandidate("far", { cpu: 4, free: 1 });

  expect(held([large("1")], [near, far])).toEqual(["1@far"]);
  expect(held([large("1"), large("2")], [near, far])).toEqual(["1@far", "2@near"]);
});

test("a machine that was held for the job stays so, also when another lacks less meanwhile", () => {
  const asked = { ...aCandidate("asked", { cpu: 4, free: 1 }), heldFor: "1".padStart(16, "0") };
  const near = aCandidate("near", { cpu: 4, free: 3 });

  expect(held([large("1")], [near, asked])).toEqual(["1@asked"]);
  expect(held([large("2")], [near, asked])).toEqual(["2@near"]);
  expect(held([large("1")], [near, { ...asked, isHeldElsewhere: true }])).toEqual(["1@near"]);
});

test("two aged jobs hold two machines", () => {
  const heads = [
    aHead({ id: "first", cpu: 4, workspace: "a", acceptedAtMs: 1 }),
    aHead({ id: "second", cpu: 4, workspace: "b", acceptedAtMs: 2 }),
    aHead({ id: "small" }),
  ];
  const runners = [aCandidate("r1", { cpu: 4, free: 3 }), aCandidate("r2", { cpu: 4, free: 2 })];

  expect(paired(heads, runners)).toEqual([]);
});

test("a runner holds at most 512 jobs", () => {
  const runner = { ...aCandidate("r", { cpu: 4000 }), jobs: 511 };
  const heads = [aHead({ id: "512th" }), aHead({ id: "513th", workspace: "b" })];

  expect(paired(heads, [runner])).toEqual(["512th@r"]);
});

test("no round gives a machine more than it has free", () => {
  const head = fc.record({
    cpu: fc.integer({ min: 1, max: 8 }),
    workspace: fc.constantFrom("a", "b", "c"),
    age: fc.nat(2 * HOUR),
  });
  const runner = fc.record({ cpu: fc.integer({ min: 1, max: 16 }), used: fc.nat(16) });
  fc.assert(
    fc.property(fc.array(head, { maxLength: 20 }), fc.array(runner, { maxLength: 5 }), (heads, runners) => {
      const candidates = runners.map(({ cpu, used }, index) => aCandidate(`r${index}`, { cpu, free: cpu - used }));
      const waiting = heads.map(({ cpu, workspace, age }, index) =>
        aHead({ id: `${index}`, cpu, workspace, acceptedAtMs: NOW - age }),
      );

      const { pairings } = match(waiting, candidates, { byWorkspace: new Map(), served: new Set() }, NOW);

      expect(new Set(pairings.map((one) => one.head.id)).size).toBe(pairings.length);
      for (const { id, free } of candidates) {
        const given = pairings.filter((one) => one.runner === id).reduce((sum, one) => sum + one.head.resources.cpu, 0);
        expect(given).toBeLessThanOrEqual(Math.max(0, free.cpu));
      }
    }),
  );
});

const probed = (id: string, cpu: number): Candidate => ({ ...aCandidate(id, { cpu }), isProbed: true });

test("a machine that fails to start jobs gets what no other can take now, and one job at most", () => {
  const heads = ["a", "b", "c"].map((id) => aHead({ id, workspace: id }));

  // It would leave less over than the sound one.
  expect(paired(heads.slice(0, 1), [probed("broken", 1), aCandidate("sound", { cpu: 8 })])).toEqual(["a@sound"]);
  expect(paired(heads, [probed("broken", 8), aCandidate("sound", { cpu: 1 })])).toEqual(["a@sound", "b@broken"]);
});

test("a large old job holds a sound machine free, not one that fails to start jobs", () => {
  const old = aHead({ id: "old", cpu: 4, acceptedAtMs: NOW - 2 * HOUR });
  const broken = { ...probed("broken", 4), free: { cpu: 3, memoryBytes: 3, gpu: 0 } };

  expect(paired([old, aHead({ id: "small" })], [broken, aCandidate("sound", { cpu: 4, free: 2 })])).toEqual([
    "small@broken",
  ]);
});
