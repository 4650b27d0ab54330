/** One wide event per unit of work, as a JSON line. Never a token, a user's parameter or an environment value. */

export type EventFields = Record<string, string | number | boolean | null>;

export function event(name: string, fields: EventFields): void {
  console.log(JSON.stringify({ event: name, ...fields }));
}
