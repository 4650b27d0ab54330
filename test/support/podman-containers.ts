/** What Podman's service has, asked past the runner. */
import * as z from "zod";
import { eventually } from "./eventually.ts";
import { askPodman, type PodmanService } from "./podman-service.ts";

const listSchema = z.array(z.object({ Names: z.array(z.string()), State: z.string() }));

/** Names and states of a job's containers. */
export async function containersOf({ socketPath }: PodmanService, jobId: string): Promise<string[]> {
  const { body } = await askPodman(socketPath, "GET", "/containers/json?all=true");
  const containers = listSchema.parse(JSON.parse(body));
  return containers
    .filter(({ Names }) => Names.some((name) => name.startsWith(`ucloud-${jobId}-`)))
    .map(({ State }) => State);
}

export async function hasNoContainer(podman: PodmanService, jobId: string): Promise<void> {
  await eventually(`the containers of ${jobId} are removed`, async () =>
    (await containersOf(podman, jobId)).length === 0 ? true : null,
  );
}
