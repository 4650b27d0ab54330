/**
 * A program's bytes as text. A character whose bytes are cut by the end of a piece waits for the next one; what is no
 * UTF-8 is replaced. A NUL would end a whole UCloud/Core process and is left out.
 */

const NO_BYTES = Buffer.alloc(0);
/** The longest character in UTF-8. */
const LONGEST = 4;

export type Decoded = { text: string; rest: Buffer };

export function decodeOutput(pending: Buffer, bytes: Buffer): Decoded {
  const all = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
  const cut = all.length - cutLength(all);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(all.subarray(0, cut)).replaceAll("\0", "");
  return { text, rest: cut === all.length ? NO_BYTES : Buffer.from(all.subarray(cut)) };
}

/** How many bytes at the end are the beginning of a character that may go on. */
function cutLength(bytes: Buffer): number {
  for (let back = 1; back < LONGEST && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) !== 0x80) {
      return sizeOf(byte) > back ? back : 0;
    }
  }
  return 0;
}

function sizeOf(lead: number): number {
  if (lead >= 0xf0 && lead <= 0xf4) {
    return 4;
  }
  if (lead >= 0xe0) {
    return lead <= 0xef ? 3 : 1;
  }
  return lead >= 0xc2 ? 2 : 1;
}
