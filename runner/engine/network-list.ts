/** The networks that Podman knows, whosever they are. */
import * as z from "zod/mini";
import { EngineError } from "./engine.ts";
import { type PodmanHttp, parseAnswer } from "./podman-http.ts";

const QUESTION_MS = 10_000;

const networkSchema = z.object({
  name: z.string(),
  network_interface: z.nullish(z.string()),
  subnets: z.nullish(z.array(z.object({ subnet: z.string(), gateway: z.nullish(z.string()) }))),
  labels: z.nullish(z.record(z.string(), z.string())),
});
export type Network = z.infer<typeof networkSchema>;

export async function listNetworks(http: Pick<PodmanHttp, "call">): Promise<Network[]> {
  const answer = await http.call("GET", "/networks/json", { deadlineMs: QUESTION_MS });
  if (answer.status !== 200) {
    throw new EngineError({ code: "network_failed" }, { cause: new Error(`podman answered ${answer.status}`) });
  }
  return parseAnswer(z.array(networkSchema), answer);
}
