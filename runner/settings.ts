/**
 * What an operator can set: each as a flag, as `UCLOUD_RUNNER_*`, or in the config file, in that order. A setting that is
 * not known is refused by its name; an empty one is not given.
 */
import * as z from "zod";
import { DRIVE_ID } from "../shared/plan.ts";
import { parseDuration } from "./duration.ts";
import { networkSettings } from "./network/network-settings.ts";
import { proxySettings } from "./proxy-settings.ts";
import { parseSize } from "./size.ts";

const size = z.union([z.int().min(0), z.string()]).transform((given, context) => {
  const bytes = typeof given === "number" ? given : parseSize(given);
  if (bytes === null) {
    context.addIssue({ code: "custom", message: "is not a size such as 512MiB or 64GiB" });
    return z.NEVER;
  }
  return bytes;
});
const duration = z.union([z.literal(0), z.string()]).transform((given, context) => {
  const ms = given === 0 ? 0 : parseDuration(given);
  if (ms === null) {
    context.addIssue({ code: "custom", message: "is not a duration such as 14d, 36h or 0" });
    return z.NEVER;
  }
  return ms;
});
const list = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(","))])
  .transform((given) => given.map((one) => one.trim()).filter((one) => one !== ""));
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);
const number = z.coerce.number();
const json = <S extends z.ZodType>(schema: S) =>
  z.preprocess((given, context) => {
    try {
      return typeof given === "string" ? JSON.parse(given) : given;
    } catch {
      context.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  }, schema);

/** Names, or the kind of each by its name. */
const gpus = z.preprocess(
  (given) => {
    try {
      return typeof given === "string" && given.trim().startsWith("{") ? JSON.parse(given) : given;
    } catch {
      return undefined;
    }
  },
  z.union([z.record(z.string().min(1), z.string().min(1).max(64)), list]),
);

/** An operator's folder that jobs may mount. Octal, as everywhere else. */
const driveSchema = z.strictObject({
  folder: z.string().startsWith("/", "is not an absolute path"),
  readOnly: z.boolean().default(false),
  /** `user:NAME` or `project:ID`; absent: all. */
  workspaces: z.array(z.string().min(1).max(512)).max(256).optional(),
  /** A further group of the job, by number. */
  gid: z.int().min(1).optional(),
  umask: z
    .string()
    .regex(/^0?[0-7]{3}$/, "is not an octal umask")
    .default("0007"),
});
export type Drive = z.infer<typeof driveSchema>;

/** Two weeks: who looks for a result by then no longer does. */
export const DEFAULT_KEEP_MS = 14 * 86_400_000;

/** The runner names them to its gateways in one frame with everything else. */
const MAX_DRIVES = 100;
const MAX_DRIVES_BYTES = 32 * 1024;
const drivesSchema = z
  .record(z.union([z.literal("*"), z.string().regex(DRIVE_ID)]), driveSchema)
  .refine((drives) => Object.keys(drives).length <= MAX_DRIVES, `are more than ${MAX_DRIVES}`)
  .refine((drives) => JSON.stringify(drives).length <= MAX_DRIVES_BYTES, `are more than ${MAX_DRIVES_BYTES} bytes`);

const program = z.string().startsWith("/", "is not an absolute path").optional();
const hooksSchema = z.strictObject({ health: program, prolog: program, epilog: program });

export const settingsSchema = z.strictObject({
  "podman-socket": z.string().optional(),
  "jobs-dir": z.string().optional(),
  drives: json(drivesSchema).default({}),
  "job-user": z.string().optional(),
  "allow-root": flag.default(false),
  cpu: number.positive().optional(),
  memory: size.optional(),
  gpus: gpus.default([]),
  "cdi-dirs": list.default(["/etc/cdi", "/var/run/cdi"]),
  "gpu-kind": z.string().max(64).optional(),
  reserve: size.optional(),
  overcommit: json(z.strictObject({ cpu: z.number().min(1).max(16) })).default({ cpu: 1 }),
  images: list.optional(),
  "auth-file": z.string().optional(),
  "default-registry": z.string().default("docker.io"),
  "min-free-disk": size.default(5 * 2 ** 30),
  "log-cap": size.default(2 ** 30),
  /** Folders of jobs that ended are removed after this. */
  "work-keep": duration.default(DEFAULT_KEEP_MS),
  /** Images that the runner fetched are removed when no job has used them for this long, sooner when the disk is short. */
  "image-keep": duration.default(30 * 86_400_000),
  ...networkSettings,
  ...proxySettings,
  /** Programs of the site's own. */
  hooks: json(hooksSchema).default({}),
  "boot-id-file": z.string().default("/proc/sys/kernel/random/boot_id"),
  "metrics-port": number.int().min(1).max(65_535).optional(),
});

export type RunnerSettings = z.infer<typeof settingsSchema>;
export const SETTING_NAMES = Object.keys(settingsSchema.shape);

/** The name of a setting in the environment. */
export function environmentName(setting: string): string {
  return `UCLOUD_RUNNER_${setting.toUpperCase().replaceAll("-", "_")}`;
}
