/** All stories of the demo; the first is played when none is named. */
import { CANCEL_WHILE_PULLING } from "./stories/cancel-while-pulling.ts";
import { EXPIRY } from "./stories/expiry.ts";
import { EXTEND } from "./stories/extend.ts";
import { FAILING_EXIT_CODE } from "./stories/failing-exit-code.ts";
import { FILES } from "./stories/files.ts";
import { FOLLOW } from "./stories/follow.ts";
import { NO_CREDITS } from "./stories/no-credits.ts";
import { SEED_JOB } from "./stories/seed-job.ts";
import type { Story } from "./story.ts";

export const STORIES: readonly [Story, ...Story[]] = [
  SEED_JOB,
  FAILING_EXIT_CODE,
  FILES,
  EXPIRY,
  EXTEND,
  CANCEL_WHILE_PULLING,
  FOLLOW,
  NO_CREDITS,
];

export function storyList(): string {
  const width = Math.max(...STORIES.map(({ name }) => name.length));
  return STORIES.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join("\n");
}
