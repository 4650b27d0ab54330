/**
 * The shapes of Podman's answers that we rely on, and what they mean. A field that Podman 4.3 to 5 may leave out is
 * optional here.
 */
import * as z from "zod/mini";
import { whole } from "../../shared/schema.ts";
import type { ContainerFacts, ImageFacts } from "./engine.ts";

const labels = z.nullish(z.record(z.string(), z.string()));

export const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  ImageDigest: z.nullish(z.string()),
  State: z.object({
    Status: z.string(),
    Pid: z.nullish(z.int()),
    ExitCode: z.int(),
    OOMKilled: z.nullish(z.boolean()),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Config: z.object({ Labels: labels }),
  HostConfig: z.nullish(
    z.object({
      IDMappings: z.nullish(z.object({ UidMap: z.nullish(z.array(z.string())) })),
      NetworkMode: z.nullish(z.string()),
    }),
  ),
});
export type Inspected = z.infer<typeof inspectSchema>;

/** With `size=true`: what the container has written beside its mounts. */
export const sizeSchema = z.object({ SizeRw: z.nullish(whole(0)) });

export const listSchema = z.array(z.object({ Names: z.array(z.string()).check(z.minLength(1)) }));

export const imagesSchema = z.array(z.object({ Id: z.string() }));

export const imageSchema = z.object({
  Id: z.string(),
  Digest: z.nullish(z.string()),
  Architecture: z.nullish(z.string()),
  RepoTags: z.nullish(z.array(z.string())),
  Config: z.nullish(z.object({ Env: z.nullish(z.array(z.string())) })),
});
export type InspectedImage = z.infer<typeof imageSchema>;

export const infoSchema = z.object({
  host: z.object({
    arch: z.string(),
    cgroupControllers: z.nullish(z.array(z.string())),
    security: z.object({ rootless: z.boolean() }),
    networkBackend: z.nullish(z.string()),
  }),
  store: z.object({ graphRoot: z.string() }),
  version: z.object({ Version: z.string() }),
});
export type Info = z.infer<typeof infoSchema>;

/** Base64 JSON in the answer to HEAD on an archive; `mode` is Go's FileMode. */
export const pathStatSchema = z.object({ mode: z.int(), linkTarget: z.string() });

/** Podman's words for `cause`; for the node's own log only. */
export const refusalSchema = z.object({ cause: z.string() });

const STATUSES: Readonly<Record<string, ContainerFacts["status"]>> = {
  configured: "created",
  created: "created",
  // `initialized` is "other": the runtime may have begun the program, Podman notes the start only afterwards. Whether
  // it waits still is asked of its process.
  running: "running",
  paused: "paused",
  stopping: "stopping",
  // Ended, but nobody has cleaned up behind it yet.
  stopped: "exited",
  exited: "exited",
};

export function containerFacts(inspected: Inspected): ContainerFacts {
  const { State } = inspected;
  // With a process behind it `created` was set up before and came to an end: Podman does not say whether it ran.
  const status = State.Status === "created" && State.Pid ? "other" : (STATUSES[State.Status] ?? "other");
  // Podman writes 0 before the end and -1 where the end was not seen.
  const seen = status === "exited" && State.ExitCode >= 0 && State.ExitCode <= 255;
  return {
    name: inspected.Name,
    labels: inspected.Config.Labels ?? {},
    status,
    pid: State.Pid ?? 0,
    startedAtPodman: podmanTime(State.StartedAt),
    finishedAtPodman: podmanTime(State.FinishedAt),
    exitCode: seen ? State.ExitCode : null,
    oom: State.OOMKilled ?? false,
    imageDigest: inspected.ImageDigest || null,
  };
}

/** Milliseconds since the epoch; Go's zero time is in the year 1. */
function podmanTime(text: string): number | null {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? null : time;
}

export function imageFacts(name: string, image: InspectedImage): ImageFacts {
  const environment = (image.Config?.Env ?? []).map((entry): [string, string] => {
    const sign = entry.indexOf("=");
    return sign < 0 ? [entry, ""] : [entry.slice(0, sign), entry.slice(sign + 1)];
  });
  return { id: image.Id, digest: image.Digest || null, name, environment: Object.fromEntries(environment) };
}
