/** The shape of the runner's log, as pino has it: fields first. Never argv, environment, tokens or program output. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What may be logged of an error: its kind, not its words, which can quote anything. */
export function errorFields(error: unknown): { error: string } {
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? `:${error.code}` : "";
    const message = error.name === "EngineError" ? `:${error.message}` : "";
    return { error: `${error.name}${code}${message}` };
  }
  return { error: "not an error" };
}
