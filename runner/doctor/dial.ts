/** One upgrade, as the runner asks for it, and what came of it. Nothing is said on a line that opens. */
import { dialGateway } from "../dialling.ts";
import { codeOf } from "../error-code.ts";
import type { Identity } from "../identity.ts";

export type Dialled =
  | { is: "open" }
  | { is: "refused"; status: number; gatewayMs: number }
  | { is: "failed"; code: string };

export function dialOnce(identity: Identity, category: string, nowMs: number): Promise<Dialled> {
  const line = dialGateway({ identity, category }, nowMs);
  return new Promise<Dialled>((resolve) => {
    line.on("open", () => resolve({ is: "open" }));
    line.on("unexpected-response", (_request, { statusCode, headers }) =>
      resolve({ is: "refused", status: statusCode ?? 0, gatewayMs: Date.parse(headers.date ?? "") }),
    );
    line.on("error", (error) => resolve({ is: "failed", code: codeOf(error) ?? "no answer" }));
  }).finally(() => line.terminate());
}
