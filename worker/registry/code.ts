/** Enrolment codes: drawn here, and known afterwards by their hash alone. */
import { hex, randomHex } from "../hex.ts";

/** 160 random bits, in letters that survive being read aloud. */
const CODE_BYTES = 20;

export function drawCode(): string {
  return randomHex(CODE_BYTES);
}

export async function hashOf(code: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code))));
}
