/** Whether Podman answers, is new enough, and keeps images and containers in a way that is fit for them. */
import * as z from "zod/mini";
import { EngineError } from "../engine/engine.ts";
import { parseAnswer } from "../engine/podman-http.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note } from "./finding.ts";

const ASK_MS = 10_000;
const OLDEST = [4, 3] as const;
const infoSchema = z.object({ store: z.object({ graphDriverName: z.string(), graphRoot: z.string() }) });

export async function checkPodman({ command: { podmanSocket }, engine }: Examination): Promise<Found[]> {
  try {
    const { version, rootless } = await engine.info();
    const found = `${version}, ${rootless ? "rootless" : "rootful"}, at ${podmanSocket}`;
    const advice = `Podman ${OLDEST.join(".")} is the oldest that runs jobs: upgrade it.`;
    return [isNewEnough(version) ? good(found) : bad(found, advice)];
  } catch (error) {
    if (!(error instanceof EngineError)) {
      throw error;
    }
    const advice = "systemctl enable --now podman.socket (rootless: systemctl --user), or set podman-socket.";
    return [bad(`no answer at ${podmanSocket}`, advice)];
  }
}

/** Pure. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

export async function checkStorage({ http }: Examination): Promise<Found[]> {
  const { store } = parseAnswer(infoSchema, await http.call("GET", "/info", { deadlineMs: ASK_MS }));
  return [judgeStorage(store)];
}

/** Pure. */
export function judgeStorage({ graphDriverName, graphRoot }: z.infer<typeof infoSchema>["store"]): Found {
  const found = `${graphDriverName} in ${graphRoot}`;
  const advice =
    'vfs copies the whole image for each container: slow, and the disk fills. Set driver = "overlay" in ' +
    "storage.conf (rootless with an old kernel: fuse-overlayfs), then podman system reset.";
  return graphDriverName === "vfs" ? note(found, advice) : good(found);
}
