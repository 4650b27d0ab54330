/** A container set up by Podman, its program not begun: then it has its mounts and its network, and can be looked at. */
import { setTimeout as pause } from "node:timers/promises";
import { EngineError } from "./engine.ts";
import type { Inspected } from "./podman-facts.ts";
import type { PodmanHttp } from "./podman-http.ts";
import { waitingProcess } from "./setup-proof.ts";

const SET_UP_MS = 60_000;
const SET_UP_TRIES = 5;
const SEEN_MS = 200;

export type Means = { http: PodmanHttp; inspect: (name: string) => Promise<Inspected | null> };

/** One that is set up already stays as it is. Throws `mount_failed`. */
export async function setUp(
  { http, inspect }: Means,
  name: string,
): Promise<{ inspected: Inspected; process: string }> {
  for (let tries = 1; ; tries++) {
    const path = `/containers/${encodeURIComponent(name)}/init`;
    const { status, body } = await http.call("POST", path, { deadlineMs: SET_UP_MS });
    const inspected = await inspect(name);
    const process = inspected === null ? null : await waitingProcess(inspected);
    if (inspected !== null && process !== null) {
      return { inspected, process };
    }
    // Podman takes a moment to see that the process of an earlier set-up is gone.
    if (inspected?.State.Status !== "initialized" || tries === SET_UP_TRIES) {
      const cause = new Error(`podman answered ${status}: ${body.slice(0, 1000)}`);
      throw new EngineError({ code: "mount_failed" }, { cause });
    }
    await pause(SEEN_MS * tries);
  }
}
