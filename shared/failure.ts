/**
 * Why a job could not be started, and whose fault it is.
 *
 * The side decides what happens next: the job's own fault ends it at once; the node's keeps the job off that runner
 * and sends it elsewhere; `busy` is nobody's fault, and that runner gets nothing until its next capacity report.
 */
import * as z from "zod/mini";
import { textUpTo } from "./schema.ts";
import { cleanText } from "./text.ts";

type Side = "job" | "node" | "busy";

const FAILURES = {
  image_not_found: { side: "job", sentence: "The image could not be found" },
  image_denied: { side: "job", sentence: "The image registry refuses access to the image" },
  image_name_invalid: { side: "job", sentence: "The image's name cannot be used on this machine" },
  image_not_allowed: { side: "job", sentence: "The site does not allow this image" },
  wrong_architecture: { side: "job", sentence: "The image is made for another kind of processor" },
  program_not_found: { side: "job", sentence: "The program could not be found in the image" },
  program_not_executable: { side: "job", sentence: "The program in the image cannot be executed" },
  template_failed: { side: "job", sentence: "The job's script could not be made from the application's template" },
  file_not_found: { side: "job", sentence: "A file or folder of the job does not exist on its drive" },
  file_not_usable: {
    side: "job",
    sentence: "A file or folder of the job is reached through a link or is no file or folder; neither can be used",
  },
  root_not_allowed: { side: "job", sentence: "The site does not run applications as root" },
  not_supported: { side: "job", sentence: "The machine cannot do what this job asks for" },
  registry_unavailable: { side: "node", sentence: "The image registry could not be reached or is overloaded" },
  pull_failed: { side: "node", sentence: "The image could not be downloaded" },
  podman_unavailable: { side: "node", sentence: "The machine's container engine does not answer" },
  podman_failed: { side: "node", sentence: "The machine's container engine could not start the job" },
  network_failed: { side: "node", sentence: "The job's network could not be set up" },
  drive_unavailable: { side: "node", sentence: "The machine does not have a drive that the job uses" },
  drive_not_allowed: { side: "node", sentence: "The machine gives a drive of the job only to other workspaces" },
  mount_failed: { side: "node", sentence: "The job's folders could not be set up" },
  gpu_failed: { side: "node", sentence: "The GPU could not be given to the job" },
  prolog_failed: { side: "node", sentence: "The machine could not be prepared for the job" },
  renderer_failed: { side: "node", sentence: "The machine could not make the job's script" },
  disk_full: { side: "node", sentence: "The machine has too little free disk space" },
  restarted: { side: "node", sentence: "The machine was restarted before the job began" },
  no_room: { side: "busy", sentence: "The machine has no room for the job now" },
  closed: { side: "busy", sentence: "The machine takes no jobs now" },
  not_ready: { side: "busy", sentence: "The machine is still getting ready" },
} as const satisfies Record<string, { side: Side; sentence: string }>;

export type FailureCode = keyof typeof FAILURES;
const CODES = Object.keys(FAILURES) as [FailureCode, ...FailureCode[]];

/** `detail` names the thing concerned (an image, a program), never program output or an engine's raw message. */
export const failureSchema = z.object({
  code: z.enum(CODES),
  detail: z.optional(textUpTo(400)),
});

export type Failure = z.infer<typeof failureSchema>;

export function sideOf(failure: Failure): Side {
  return FAILURES[failure.code].side;
}

/** One sentence for the researcher. */
export function failureText(failure: Failure): string {
  const { sentence } = FAILURES[failure.code];
  return failure.detail ? `${sentence} (${cleanText(failure.detail, 200)}).` : `${sentence}.`;
}
