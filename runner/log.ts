/** The shape of the runner's log, as pino has it: fields first. Never argv, environment, tokens or program output. */
import { cleanText } from "../shared/text.ts";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const MAX_CAUSE_CHARS = 300;

/**
 * What may be logged of an error: its kind, not its words, which can quote anything. Podman's own are an operator's only
 * clue and stay on the node; addresses in them lose their queries, where registries put signatures.
 */
export function errorFields(error: unknown): { error: string; cause?: string } {
  if (!(error instanceof Error)) {
    return { error: "not an error" };
  }
  const code = "code" in error && typeof error.code === "string" ? `:${error.code}` : "";
  if (error.name !== "EngineError") {
    return { error: `${error.name}${code}` };
  }
  const words = error.cause instanceof Error ? error.cause.message : "";
  const cause = cleanText(words.replace(/\?[^\s"']*/g, ""), MAX_CAUSE_CHARS);
  return { error: `${error.name}:${error.message}`, ...(cause === "" ? {} : { cause }) };
}
