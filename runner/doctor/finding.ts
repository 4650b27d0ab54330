/** What a check says: `advice` is what to do about it. */

/** Good with an advice is a note: it works, and could be better. One that was not tried says why, and is nobody's fault. */
export type Found = { ok: boolean; found: string; advice: string; skipped?: true };
export type Finding = { check: string } & Found;

export const good = (found: string): Found => ({ ok: true, found, advice: "" });
export const note = (found: string, advice: string): Found => ({ ok: true, found, advice });
export const bad = (found: string, advice: string): Found => ({ ok: false, found, advice });
export const skipped = (found: string, advice = ""): Found => ({ ok: true, found, advice, skipped: true });
