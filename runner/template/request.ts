/**
 * What goes into the renderer and what comes out: two doors. The answer is written by the process that carried a
 * stranger's template out, so it is believed no further than this schema.
 */
import * as z from "zod/mini";
import { scriptSchema } from "../../shared/plan.ts";
import { textUpTo, whole } from "../../shared/schema.ts";

/** A script is a file on the node and not part of any frame; a longer one is a mistake. */
export const MAX_SCRIPT_BYTES = 1024 * 1024;

export const requestSchema = z.object({ script: scriptSchema, rank: whole(0) });
export type RenderRequest = z.infer<typeof requestSchema>;

export const answerSchema = z.discriminatedUnion("is", [
  z.object({ is: z.literal("script"), text: textUpTo(MAX_SCRIPT_BYTES) }),
  /** The template's own fault. `line` counts through the template and what is appended to it. */
  z.object({ is: z.literal("fault"), line: z.nullable(whole(1)), words: textUpTo(300) }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** The child's first line, when everything is loaded: what takes time from here on is the template. */
export const READY = "ready";
