/** What Podman itself wrote down: which containers began, how often, and what is left of them. */
import * as z from "zod";
import { askPodman, type PodmanService } from "../podman-service.ts";

const eventSchema = z.object({ Action: z.string(), Actor: z.object({ Attributes: z.object({ name: z.string() }) }) });
const namesSchema = z.array(z.object({ Names: z.array(z.string()) }));
const networksSchema = z.array(z.object({ name: z.string() }));

/** The name of each container, once for every time that it was started. Gone after a reboot. */
export async function startsOf({ socketPath }: PodmanService): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ event: ["start"], type: ["container"] }));
  const { body } = await askPodman(socketPath, "GET", `/events?stream=false&since=0&filters=${filters}`);
  const lines = body.split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    const event = eventSchema.safeParse(JSON.parse(line));
    return event.success && event.data.Action === "start" ? [event.data.Actor.Attributes.name] : [];
  });
}

/** Containers, networks and volumes that jobs of ours may have left. */
export async function leftOf({ socketPath }: PodmanService): Promise<string[]> {
  const ask = async (path: string) => JSON.parse((await askPodman(socketPath, "GET", path)).body);
  const containers = namesSchema.parse(await ask("/containers/json?all=true")).flatMap(({ Names }) => Names);
  const networks = networksSchema.parse(await ask("/networks/json")).map(({ name }) => name);
  const volumes = z.array(z.unknown()).parse(await ask("/volumes/json"));
  return [
    ...containers.map((name) => `container ${name}`),
    ...networks.filter((name) => name !== "podman").map((name) => `network ${name}`),
    ...volumes.map(() => "a volume"),
  ];
}
