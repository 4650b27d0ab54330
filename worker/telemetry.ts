/** One wide event per unit of work, as a JSON line. Never a token, a user's parameter or an environment value. */

import type { EventFields } from "./queue/ports.ts";

export function event(name: string, fields: EventFields): void {
  console.log(JSON.stringify({ event: name, ...fields }));
}
