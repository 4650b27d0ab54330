/** What the gateway writes into its log. */
import { vi } from "vitest";
import * as z from "zod";

const lineSchema = z.looseObject({ event: z.string() });
export type LogLine = z.infer<typeof lineSchema>;

/** From now on until the end of the test. */
export function logLines(): { text(): string; events(name: string): LogLine[] } {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const lines = () => log.mock.calls.map(([line]) => String(line));
  return {
    text: () => lines().join("\n"),
    events: (name) =>
      lines().flatMap((line) => [lineSchema.parse(JSON.parse(line))].filter((one) => one.event === name)),
  };
}
