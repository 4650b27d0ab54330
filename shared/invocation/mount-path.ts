/** Where a user wants a file or folder in the container, and where it may not be. */
import { namesOf, type Odd } from "./drive-path.ts";

/** Made by the node or the kernel, with everything below. */
const SYSTEM_FOLDERS = ["proc", "sys", "dev", "run", "tmp", "etc"];
/** What lies in them is the job's folder, or the image's programs. */
const HIDDEN_FOLDERS = /^\/(work|usr|bin|sbin|lib[^/]*)$/;

/** Null where none is given: today's UCloud sends an empty text. */
export function parseMountPath(text: string | null): { kind: "ok"; mountPath: string | null } | Odd {
  if (!text) {
    return { kind: "ok", mountPath: null };
  }
  const split = namesOf(text);
  if (split.kind === "odd") {
    return split;
  }
  if (!text.startsWith("/")) {
    return { kind: "odd", why: "A place in the container is an absolute path, such as /data." };
  }
  const mountPath = `/${split.names.join("/")}`;
  const [first] = split.names;
  if (first === undefined || SYSTEM_FOLDERS.includes(first) || HIDDEN_FOLDERS.test(mountPath)) {
    return { kind: "odd", why: "The container needs this folder for itself; choose another one, such as /data." };
  }
  return { kind: "ok", mountPath };
}
