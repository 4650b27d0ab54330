/**
 * Whether `argv[0]` exists in the image and can be executed, found out before anything is started: with an init
 * process in between, a missing program starts and exits 1 like any failing one.
 */
import { isAbsolute, join } from "node:path/posix";

export type PathStat = {
  /** `link` names where it leads, as an absolute path of the image. */
  kind: "file" | "folder" | "link" | "other";
  permissions: number;
  linkTarget: string;
};

export type Verdict = "ok" | "program_not_found" | "program_not_executable";

export type Program = { argv0: string; path: string | null; workingDirectory: string };

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** A PATH of more parts is nobody's; each part costs one question to Podman. */
const MAX_PATH_PARTS = 64;
/** As many as the kernel follows. */
const MAX_LINKS = 40;
/** The job's folder lies over the image there: what will be in it cannot be told from the image. */
const MOUNTED = "/work";

// Go's FileMode, in which Podman gives modes.
const GO_FOLDER = 2 ** 31;
const GO_LINK = 2 ** 27;
const GO_OTHER = 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21 + 2 ** 19;

export function pathStat(goMode: number, linkTarget: string): PathStat {
  const has = (bits: number): boolean => (BigInt(goMode) & BigInt(bits)) !== 0n;
  const kind = has(GO_LINK) ? "link" : has(GO_FOLDER) ? "folder" : has(GO_OTHER) ? "other" : "file";
  return { kind, permissions: goMode % 0o1000, linkTarget };
}

/** Where execvp looks, in its order. */
export function candidates({ argv0, path, workingDirectory }: Program): string[] {
  if (argv0 === "") {
    return [];
  }
  if (argv0.includes("/")) {
    return [isAbsolute(argv0) ? join(argv0) : join(workingDirectory, argv0)];
  }
  // An empty part is the working directory.
  const parts = (path ?? DEFAULT_PATH).split(":").slice(0, MAX_PATH_PARTS);
  return parts.map((part) => join(isAbsolute(part) ? part : join(workingDirectory, part), argv0));
}

/** `statPath` gives null where nothing is, and "unknown" where the engine could not tell: then the start will. */
export async function lookUpProgram(
  program: Program,
  statPath: (path: string) => Promise<PathStat | null | "unknown">,
): Promise<Verdict> {
  let verdict: Verdict = "program_not_found";
  for (const candidate of candidates(program)) {
    const found = await judge(candidate, statPath);
    if (found === "ok") {
      return "ok";
    }
    // Like execvp: what cannot be executed is passed over, and named only if nothing better follows.
    verdict = found === "program_not_executable" ? found : verdict;
  }
  return verdict;
}

async function judge(path: string, statPath: (path: string) => Promise<PathStat | null | "unknown">): Promise<Verdict> {
  let at = path;
  for (let hops = 0; hops <= MAX_LINKS; hops++) {
    if (at === MOUNTED || at.startsWith(`${MOUNTED}/`)) {
      return "ok";
    }
    const stat = await statPath(at);
    if (stat === null) {
      return "program_not_found";
    }
    if (stat === "unknown") {
      return "ok";
    }
    if (stat.kind !== "link") {
      // Which user's x bit counts is the kernel's business; without any the program is nobody's to execute.
      return stat.kind === "file" && (stat.permissions & 0o111) !== 0 ? "ok" : "program_not_executable";
    }
    at = join(isAbsolute(stat.linkTarget) ? stat.linkTarget : join(at, "..", stat.linkTarget));
  }
  return "program_not_found";
}
