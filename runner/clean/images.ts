/**
 * Images that a runner fetched and that no journal looks after: only a journal tells them from what others have put on
 * the machine, so these are those that journals name which were set aside.
 */
import type { Engine } from "../engine/engine.ts";
import type { PodmanHttp } from "../engine/podman-http.ts";
import type { FetchedImage } from "../journal.ts";
import type { Leftover } from "./leftover.ts";

const ASK_MS = 10_000;

type Parts = {
  engine: Pick<Engine, "removeImage">;
  http: Pick<PodmanHttp, "call">;
  /** Of journals that were set aside. */
  fetched: FetchedImage[];
  /** Names and ids that the journal in use knows. */
  known: ReadonlySet<string>;
  imageKeepMs: number;
  nowMs: number;
};

export async function leftImages({ engine, http, fetched, known, imageKeepMs, nowMs }: Parts): Promise<Leftover[]> {
  const left: Leftover[] = [];
  for (const { name, id, usedAtMs } of fetched.filter((one) => !known.has(one.name) && !known.has(one.id))) {
    const { status } = await http.call("GET", `/images/${encodeURIComponent(name)}/exists`, { deadlineMs: ASK_MS });
    if (status === 204) {
      const isKept = nowMs - usedAtMs < imageKeepMs;
      left.push({
        ...{ kind: "image", name, found: `fetched for jobs, ${id}` },
        kept: isKept ? "image-keep is not over since its last use" : null,
        remove: async () => {
          if ((await engine.removeImage(name)) === "in-use") {
            throw new Error("a container has it");
          }
        },
      });
    }
  }
  return left;
}
