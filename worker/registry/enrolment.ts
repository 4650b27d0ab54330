/**
 * How a machine becomes a runner: by a code, or by a key that an administrator has registered. A code for one name and
 * one use is an administrator's word on that machine. Any other is good for many, may be known to all of them, and so
 * takes neither the name of a runner that works nor that of one that was revoked.
 */
import { randomHex } from "../hex.ts";
import type { EventFields } from "../queue/ports.ts";
import { mayCallFrom } from "../runner/address.ts";
import type { EnrollAnswer, Enrolling, KeptCode, NewRunner, RegisterAnswer, RunnerRecord } from "./api.ts";
import type { CodeStore } from "./code-store.ts";
import { isLike, isPattern } from "./name-pattern.ts";
import type { RegistryStore } from "./store.ts";

/** What an enrolment reads and writes, in one transaction. */
export type Desk = {
  store: RegistryStore;
  codes: CodeStore;
  nowMs: number;
  tellLater(runner: string, categories: string[]): void;
  event(name: string, fields: EventFields): void;
};

type Asked = Omit<Enrolling, "code"> & { hash: string };
/** Whether this one is at work must be found out before its key is replaced. */
type Look = { kind: "look"; runner: RunnerRecord };

/** `idle`: the enrolment of the name's runner that was found not to work. */
export function enrolByCode(desk: Desk, asked: Asked, idle: number | null): EnrollAnswer | Look {
  const { store, codes, nowMs } = desk;
  const { hash, publicKey } = asked;
  const code = codes.get(hash, nowMs);
  if (code === null) {
    return { kind: "code_unknown" };
  }
  if (!mayCallFrom(asked.address, code.cidr)) {
    return { kind: "other_address" };
  }
  const before = store.runner(codes.usedBy(hash, publicKey) ?? "");
  if (before?.publicKey === publicKey && before.revokedAt === null) {
    // The answer was lost on its way.
    return answerOf(before);
  }
  if (code.usesLeft === 0) {
    return { kind: "code_unknown" };
  }
  const name = nameBy(code, asked);
  if (name === null) {
    return { kind: "other_name" };
  }
  const known = store.runnerNamed(name);
  if (known !== null && isForMany(code)) {
    if (known.revokedAt !== null) {
      return { kind: "name_revoked" };
    }
    if (known.enrolledAt !== idle) {
      return { kind: "look", runner: known };
    }
  }
  const { categories, cidr } = code;
  const answer = enrol(desk, { name, categories, cidr, publicKey }, { code: code.id });
  if (answer.kind === "enrolled") {
    codes.use(hash, publicKey, answer.runner.id);
  }
  return answer;
}

/** What is so already stays untouched: configuration management says it again and again. */
export function enrolByKey(desk: Desk, given: NewRunner): RegisterAnswer {
  const known = desk.store.runnerNamed(given.name);
  const isSame = known !== null && known.revokedAt === null && wordsOf(known) === wordsOf(given);
  return isSame ? answerOf(known) : enrol(desk, given, {});
}

function enrol(desk: Desk, given: NewRunner, by: { code?: string }): RegisterAnswer {
  const { store, nowMs } = desk;
  const known = store.runnerNamed(given.name);
  const holder = store.runnerWithKey(given.publicKey);
  if (holder !== null && holder.id !== known?.id) {
    return { kind: "key_taken" };
  }
  if (holder !== null && holder.revokedAt !== null) {
    return { kind: "key_revoked" };
  }
  const runner: RunnerRecord = {
    id: known?.id ?? `r-${randomHex(8)}`,
    ...given,
    // Two enrolments are never of one moment: by it queues tell which came last.
    enrolledAt: Math.max(nowMs, (known?.enrolledAt ?? 0) + 1),
    revokedAt: null,
    revokeReason: null,
    // A new key repairs no machine: what is drained stays drained.
    standing: known?.standing ?? null,
  };
  // Before the runner's new categories replace its old ones, and with them.
  store.rememberCategories();
  store.saveRunner(runner);
  if (known !== null) {
    // The old key's sockets are closed, no queue believes in an old revocation, and a category that is left out is told.
    desk.tellLater(runner.id, [...new Set([...known.categories, ...runner.categories])]);
  }
  desk.event("runner.enrolled", { runner: runner.id, ...by });
  if (known !== null && known.publicKey !== runner.publicKey) {
    desk.event("runner.key_replaced", { runner: runner.id, ...by });
  }
  return answerOf(runner);
}

function isForMany({ pattern, uses }: KeptCode): boolean {
  return uses > 1 || isPattern(pattern);
}

/** Null: the code is not for it. */
function nameBy({ pattern }: KeptCode, { name, hostname }: Asked): string | null {
  if (isPattern(pattern)) {
    const wanted = name ?? hostname;
    return wanted !== null && isLike(wanted, pattern) ? wanted : null;
  }
  return name === null || name === pattern ? pattern : null;
}

function wordsOf({ publicKey, categories, cidr }: NewRunner): string {
  return JSON.stringify([publicKey, categories.toSorted(), cidr]);
}

function answerOf({ id, name, categories }: RunnerRecord): Extract<EnrollAnswer, { kind: "enrolled" }> {
  return { kind: "enrolled", runner: { id, name }, categories };
}
