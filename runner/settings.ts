/**
 * What an operator can set: each as a flag, as `UCLOUD_RUNNER_*`, or in the config file, in that order. A setting that is
 * not known is refused by its name; an empty one is not given.
 */
import * as z from "zod/mini";
import { DRIVE_ID } from "../shared/plan.ts";
import { invalid, mapped, matching, textUpTo, whole } from "../shared/schema.ts";
import { parseDuration } from "./duration.ts";
import { list } from "./list-setting.ts";
import { networkSettings } from "./network/network-settings.ts";
import { proxySettings } from "./proxy-settings.ts";
import { parseSize } from "./size.ts";

const size = mapped(z.union([whole(0), z.string()]), (given, context) => {
  const bytes = typeof given === "number" ? given : parseSize(given);
  if (bytes === null) {
    return invalid(context, "is not a size such as 512MiB or 64GiB");
  }
  return bytes;
});
const duration = mapped(z.union([z.literal(0), z.string()]), (given, context) => {
  const ms = given === 0 ? 0 : parseDuration(given);
  if (ms === null) {
    return invalid(context, "is not a duration such as 14d, 36h or 0");
  }
  return ms;
});
const flag = z.union([z.boolean(), mapped(z.enum(["true", "false"]), (text) => text === "true")]);
const number = z.coerce.number();
const json = <S extends z.ZodMiniType>(schema: S) =>
  z.pipe(
    z.transform((given, context) => {
      try {
        return typeof given === "string" ? JSON.parse(given) : given;
      } catch {
        return invalid(context, "is not JSON");
      }
    }),
    schema,
  );

/** Names, or the kind of each by its name. */
const gpus = z.pipe(
  z.transform((given) => {
    try {
      return typeof given === "string" && given.trim().startsWith("{") ? JSON.parse(given) : given;
    } catch {
      return undefined;
    }
  }),
  z.union([z.record(z.string().check(z.minLength(1)), z.string().check(z.minLength(1), z.maxLength(64))), list]),
);

/** An operator's folder that jobs may mount. Octal, as everywhere else. */
const driveSchema = z.strictObject({
  folder: z.string().check(z.startsWith("/", "is not an absolute path")),
  readOnly: z._default(z.boolean(), false),
  /** `user:NAME` or `project:ID`; absent: all. */
  workspaces: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(512))).check(z.maxLength(256))),
  /** A further group of the job, by number. */
  gid: z.optional(whole(1)),
  umask: z._default(matching(/^0?[0-7]{3}$/, "is not an octal umask"), "0007"),
});
export type Drive = z.infer<typeof driveSchema>;

/** Two weeks: who looks for a result by then no longer does. */
export const DEFAULT_KEEP_MS = 14 * 86_400_000;

/** The runner names them to its gateways in one frame with everything else. */
const MAX_DRIVES = 100;
const MAX_DRIVES_BYTES = 32 * 1024;
const drivesSchema = z.record(z.union([z.literal("*"), matching(DRIVE_ID)]), driveSchema).check(
  z.refine((drives) => Object.keys(drives).length <= MAX_DRIVES, `are more than ${MAX_DRIVES}`),
  z.refine((drives) => JSON.stringify(drives).length <= MAX_DRIVES_BYTES, `are more than ${MAX_DRIVES_BYTES} bytes`),
);

const program = z.optional(z.string().check(z.startsWith("/", "is not an absolute path")));
const hooksSchema = z.strictObject({ health: program, prolog: program, epilog: program });

export const settingsSchema = z.strictObject({
  "podman-socket": z.optional(z.string()),
  "jobs-dir": z.optional(z.string()),
  drives: z._default(json(drivesSchema), {}),
  "job-user": z.optional(z.string()),
  "allow-root": z._default(flag, false),
  cpu: z.optional(number.check(z.positive())),
  memory: z.optional(size),
  gpus: z._default(gpus, []),
  "cdi-dirs": z._default(list, ["/etc/cdi", "/var/run/cdi"]),
  "gpu-kind": z.optional(textUpTo(64)),
  reserve: z.optional(size),
  overcommit: z._default(json(z.strictObject({ cpu: z.number().check(z.gte(1), z.lte(16)) })), { cpu: 1 }),
  images: z.optional(list),
  "auth-file": z.optional(z.string()),
  "default-registry": z._default(z.string(), "docker.io"),
  "min-free-disk": z._default(size, 5 * 2 ** 30),
  "log-cap": z._default(size, 2 ** 30),
  /** Folders of jobs that ended are removed after this. */
  "work-keep": z._default(duration, DEFAULT_KEEP_MS),
  /** Images that the runner fetched are removed when no job has used them for this long, sooner when the disk is short. */
  "image-keep": z._default(duration, 30 * 86_400_000),
  ...networkSettings,
  ...proxySettings,
  /** Programs of the site's own. */
  hooks: z._default(json(hooksSchema), {}),
  "boot-id-file": z._default(z.string(), "/proc/sys/kernel/random/boot_id"),
  "metrics-port": z.optional(number.check(z.int(), z.gte(1), z.lte(65_535))),
});

export type RunnerSettings = z.infer<typeof settingsSchema>;
export const SETTING_NAMES = Object.keys(settingsSchema.shape);

/** The name of a setting in the environment. */
export function environmentName(setting: string): string {
  return `UCLOUD_RUNNER_${setting.toUpperCase().replaceAll("-", "_")}`;
}
