/**
 * Which image a name means, and whether the site allows it. Podman's REST interface resolves no unqualified name, so
 * it is done here: the local image first, then the default registry. Pure.
 */
import { EngineError } from "./engine.ts";

export type ImageCandidate = {
  /** With registry and with tag or digest. */
  name: string;
  /** False for `localhost/…`: that is where images without a registry live. */
  pullable: boolean;
};

const SEGMENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const HOST = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?|\\[[0-9A-Fa-f:]+\\](?::[0-9]{1,5})?";
const NAME = new RegExp(
  `^(?:(?<host>${HOST})/)?(?<path>${SEGMENT}(?:/${SEGMENT})*)` +
    "(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$",
);
/** The longest name that registries accept is 255; tag and digest come on top. */
const MAX_NAME_CHARS = 500;

/**
 * What `image` may mean, in the order in which it is looked for. Throws `image_name_invalid` for what is no image name.
 * With `defaultRegistry` "none" an unqualified name means a local image or nothing.
 */
export function imageCandidates(image: string, defaultRegistry: string): ImageCandidate[] {
  const written = image.replace(/^docker:\/\//, "");
  // The expression backtracks at most linearly, the bound keeps even that short.
  const parts = written.length <= MAX_NAME_CHARS ? splitName(written) : null;
  if (parts === null) {
    throw new EngineError({ code: "image_name_invalid", detail: image.slice(0, 200) });
  }
  const { host, path, suffix } = parts;
  if (host !== null) {
    return [{ name: `${host}/${officialPath(host, path)}${suffix}`, pullable: host !== "localhost" }];
  }
  const local = { name: `localhost/${path}${suffix}`, pullable: false };
  if (defaultRegistry === "none") {
    return [local];
  }
  return [local, { name: `${defaultRegistry}/${officialPath(defaultRegistry, path)}${suffix}`, pullable: true }];
}

/** Whether a registry may by now mean another image by this name. A name without a tag means `latest`. */
export function mayHaveMoved({ name, pullable }: ImageCandidate): boolean {
  return pullable && name.endsWith(":latest");
}

function splitName(written: string): { host: string | null; path: string; suffix: string } | null {
  const slash = written.indexOf("/");
  const first = slash < 0 ? "" : written.slice(0, slash);
  // The registries' own rule: a first part with a dot or a port, or `localhost`, is a host.
  const qualified = first === "localhost" || /[.:]/.test(first);
  const groups = NAME.exec(qualified ? written : `unqualified.invalid/${written}`)?.groups;
  if (groups?.path === undefined) {
    return null;
  }
  const { host, path, tag, digest } = groups;
  // Podman takes no name with both; the digest is what decides.
  const suffix = digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`;
  return { host: qualified ? (host ?? null) : null, path, suffix };
}

/** Docker Hub's own images live under `library/`. */
function officialPath(host: string, path: string): string {
  return host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
}

/**
 * Whether a fully qualified name matches one of the operator's patterns. `*` stands for any characters. A pattern
 * without a registry speaks of local images and of the default registry; one without a tag allows every tag.
 */
export function isAllowed(name: string, patterns: readonly string[] | null, defaultRegistry: string): boolean {
  if (patterns === null) {
    return true;
  }
  const repository = name.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[^/:]*$/, "");
  const untagged = name.replace(/(?::[^/:@]*)?(@sha256:[0-9a-f]{64})$/, "$1");
  return patterns
    .flatMap((pattern) => qualifyPattern(pattern, defaultRegistry))
    .some((pattern) => [name, repository, untagged].some((text) => matches(pattern, text)));
}

function qualifyPattern(pattern: string, defaultRegistry: string): string[] {
  const slash = pattern.indexOf("/");
  const first = slash < 0 ? "" : pattern.slice(0, slash);
  if (pattern.startsWith("*") || first === "localhost" || /[.:*]/.test(first)) {
    return [pattern];
  }
  const remote = slash < 0 && defaultRegistry === "docker.io" ? `library/${pattern}` : pattern;
  return [`localhost/${pattern}`, ...(defaultRegistry === "none" ? [] : [`${defaultRegistry}/${remote}`])];
}

/** Linear in the text: greedy pieces found left to right, no regular expression made of an operator's words. */
function matches(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  const head = pieces[0] ?? "";
  const tail = pieces.at(-1) ?? "";
  if (pieces.length === 1) {
    return pattern === text;
  }
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) {
    return false;
  }
  const end = text.length - tail.length;
  let from = head.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) {
      return false;
    }
    from = found + piece.length;
  }
  return true;
}
