/** Where Podman listens, and whose Podman it is. */
import { statSync } from "node:fs";

export function defaultSocket(environment: Record<string, string | undefined>): string {
  const runtime = environment.XDG_RUNTIME_DIR;
  const isRoot = process.getuid?.() === 0;
  return isRoot || !runtime ? "/run/podman/podman.sock" : `${runtime}/podman/podman.sock`;
}

/** The user whose Podman it is: the socket decides. */
export function podmanUser(socketPath: string): number {
  try {
    return statSync(socketPath).uid;
  } catch {
    return process.getuid?.() ?? 0;
  }
}
