/** Each machine: what it has, what of that is in use, and why it takes no jobs if it does not. */
import type { ShownRunner } from "../../worker/admin/answers.ts";
import { type Child, el } from "../element.ts";
import { badge, bar, buttons, empty, facts, jobLink } from "../parts.ts";
import { DRAIN, LOST, REMOVE, RESUME_RUNNER, REVOKE } from "../verbs.ts";
import type { Desk, View } from "../view.ts";
import { spelledAge, spelledGib, spelledMoment, spelledNumber } from "../words.ts";

/** Two missed heartbeats are a bad line, not yet a lost machine. */
const SILENT_MS = 90_000;

export const RUNNERS: View = {
  title: "Runners",
  tab: "Runners",
  isLive: false,
  async show(desk) {
    const { items } = await desk.gateway.get<{ items: ShownRunner[] }>("/runners");
    const enrol = desk.may("owner") ? el("a", { href: "#enrol", class: "button" }, "Enrol a runner") : null;
    if (items.length === 0) {
      const none =
        desk.overview.runners.length === 0 ? "No runner is enrolled yet. " : "No runner was heard for a month. ";
      return [empty(none, enrol ?? "An owner can enrol one.")];
    }
    const worstFirst = items.toSorted((a, b) => urgency(b) - urgency(a) || a.name.localeCompare(b.name));
    const cards = el("div", { class: "cards" }, ...worstFirst.map((runner) => card(runner, desk)));
    return enrol === null ? [cards] : [el("p", {}, enrol), cards];
  },
};

type Standing = { tone: "good" | "warn" | "bad" | "quiet"; word: string; why: string | null };

/** The one word that says most. */
function standingOf({ revoked, connected, silentForMs, degraded, drained, capacity, jobs }: ShownRunner): Standing {
  if (revoked) {
    return { tone: "quiet", word: "revoked", why: null };
  }
  if (!connected || (silentForMs ?? 0) > SILENT_MS) {
    const why = silentForMs === null ? "It has never connected." : `Last heard ${spelledAge(silentForMs)} ago.`;
    return { tone: jobs.length > 0 ? "bad" : "warn", word: connected ? "silent" : "not connected", why };
  }
  if (degraded !== null) {
    const why = `${degraded.reason} Tried again from ${spelledMoment(degraded.probeAt)} on.`;
    return { tone: "bad", word: "fails to start jobs", why };
  }
  if (drained?.from !== undefined && drained.from > Date.now()) {
    const why = `By ${drained.by}: ${drained.reason}. Until then it takes jobs that will be over.`;
    return { tone: "good", word: `drained from ${spelledMoment(drained.from)}`, why };
  }
  if (drained !== null) {
    const end = drained.until === null ? "" : `, until ${spelledMoment(drained.until)}`;
    return {
      tone: "warn",
      word: "drained",
      why: `By ${drained.by} at ${spelledMoment(drained.since)}${end}: ${drained.reason}`,
    };
  }
  const closed = capacity?.closed ?? null;
  return closed === null
    ? { tone: "good", word: "takes jobs", why: null }
    : { tone: "warn", word: "closed", why: closed.text };
}

function urgency(runner: ShownRunner): number {
  return ["quiet", "good", "warn", "bad"].indexOf(standingOf(runner).tone);
}

function card(runner: ShownRunner, desk: Desk): HTMLElement {
  const { name, id, revoked, connected, drained, degraded } = runner;
  const { tone, word, why } = standingOf(runner);
  const canResume = drained !== null || degraded !== null;
  const verbs = [
    ...(revoked ? [] : [...(drained === null ? [DRAIN] : []), ...(canResume ? [RESUME_RUNNER] : []), LOST, REVOKE]),
    ...(connected ? [] : [REMOVE]),
  ];
  return el(
    "section",
    { class: "card" },
    el("h2", {}, name, " ", badge(tone, word)),
    why && el("p", {}, why),
    ...bars(runner),
    facts([
      ["Categories", runner.categories.join(", ")],
      ["Version", runner.version ?? "unknown"],
      ["Podman", runner.podman ?? "unknown"],
      ...gpuFacts(runner),
      ["Jobs", jobsOf(runner)],
      ["Id", el("code", {}, id)],
    ]),
    buttons(desk, { path: `/runners/${encodeURIComponent(id)}`, name }, verbs),
  );
}

function bars({ capacity, used }: ShownRunner): Child[] {
  if (capacity === null) {
    return [];
  }
  const { total } = capacity;
  return [
    bar("Cores", used.cpu, total.cpu, spelledNumber),
    bar("Memory", used.memoryBytes, total.memoryBytes, spelledGib),
    total.gpu > 0 && bar("GPUs", used.gpu, total.gpu, spelledNumber),
  ];
}

function gpuFacts({ capacity }: ShownRunner): [string, Child][] {
  const { gpuKind = null, gpuKinds = [], lostGpus = [] } = capacity ?? {};
  const kinds = gpuKinds.map(({ kind, total }) => `${total} × ${kind ?? "no kind"}`);
  const spelled = kinds.length > 0 ? kinds.join(", ") : gpuKind;
  const kind: [string, Child][] = spelled === null ? [] : [["GPU kind", spelled]];
  return [...kind, ...lostGpus.map(({ name, why }): [string, Child] => ["GPU lost", `${name}: ${why}`])];
}

function jobsOf({ jobs }: ShownRunner): Child {
  return jobs.length === 0 ? "none" : el("span", { class: "links" }, ...jobs.map(jobLink));
}
