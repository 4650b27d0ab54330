/**
 * Where the folders of jobs lie. `jobs-dir` may be a template: from its first placeholder on it names folders by who
 * runs what, each placeholder being part of one folder's name, whatever characters the name it stands for has.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { JobPlan } from "../shared/plan.ts";
import { UsageError } from "./usage-error.ts";

/** `base` is there before any job; `below` are the folders in it that the template names, none for a plain path. */
export type JobsDir = { base: string; below: string[] };

const PLACEHOLDER = /\{([^{}]*)\}/g;
const NAMES = ["workspace", "user", "application", "job"] as const;
type Names = Record<(typeof NAMES)[number], string>;

const MAX_NAME = 100;
const HASH_CHARS = 12;
/** What only a name that was changed ends with; 48 bits, so that nobody finds a second name for another's folder. */
const MARKED = /__[0-9a-f]{12}$/;

/** @throws UsageError for what is no placeholder of ours. */
export function parseJobsDir(setting: string): JobsDir {
  const folders = resolve(setting)
    .split("/")
    .filter((folder) => folder !== "");
  const first = folders.findIndex((folder) => /[{}]/.test(folder));
  const below = first < 0 ? [] : folders.slice(first);
  for (const folder of below) {
    refuseOdd(folder);
  }
  return { base: `/${(first < 0 ? folders : folders.slice(0, first)).join("/")}`, below };
}

function refuseOdd(folder: string): void {
  const placeholders = [...folder.matchAll(PLACEHOLDER)];
  for (const [placeholder, name] of placeholders) {
    if (!NAMES.some((known) => known === name)) {
      throw new UsageError(`jobs-dir: ${placeholder} is not one of {${NAMES.join("}, {")}}`);
    }
  }
  if (placeholders.length > 1) {
    // The end of one name and the beginning of the next could be another pair's.
    throw new UsageError(`jobs-dir: ${folder} has two placeholders in one folder's name`);
  }
  if (/[{}]/.test(folder.replace(PLACEHOLDER, ""))) {
    throw new UsageError("jobs-dir: a brace without its other half");
  }
}

/** The folders below the base that a job's own folder lies in. The same for the same plan. */
export function foldersFor(below: string[], plan: JobPlan, job: string): string[] {
  const [, kind = "", owner = plan.workspace] = /^(user|project):(.*)$/s.exec(plan.workspace) ?? [];
  const names: Names = {
    // The colon is in every workspace; what it becomes says as much.
    workspace: kind === "" ? safeName(owner) : `${kind}_${safeName(owner, MAX_NAME - kind.length - 1)}`,
    user: plan.user === undefined ? "_" : safeName(plan.user),
    application: safeName(plan.application.name),
    job: safeName(job),
  };
  return below.map((folder) => NAMES.reduce((text, name) => text.replace(`{${name}}`, () => names[name]), folder));
}

/** One folder's name of letters, digits, `@`, `.`, `_` and `-`. What had to be changed carries a mark of its own. */
export function safeName(text: string, longest = MAX_NAME): string {
  const cleaned = text.replace(/[^A-Za-z0-9@._-]/g, "_");
  const isReserved = ["", ".", "..", "_"].includes(text) || MARKED.test(text);
  if (cleaned === text && text.length <= longest && !isReserved) {
    return text;
  }
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARS);
  return `${cleaned.slice(0, longest - HASH_CHARS - 2)}__${hash}`;
}
