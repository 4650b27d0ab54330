/**
 * Text that crosses a border. Whatever UCloud or an administrator reads passes through `cleanText` once:
 * a single NUL in a status line was seen to end a whole UCloud/Core process.
 */

/** Longest status line we send to UCloud, in characters: two lines on a wide screen, far below any limit of theirs. */
export const MAX_STATUS_CHARS = 400;

/**
 * One line without control characters, lone surrogates or surplus blanks, at most `maxChars` long.
 * A cut text ends in an ellipsis.
 */
export function cleanText(text: string, maxChars: number = MAX_STATUS_CHARS): string {
  // Cutting first bounds the work for a hostile megabyte; blanks collapse afterwards.
  const bounded = text.slice(0, maxChars * 4);
  const line = bounded
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1).toWellFormed()}…` : line;
}

/** To a tenth, in the unit in which machine types are described. */
export function spelledGib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1).replace(/\.0$/, "")} GiB`;
}

/** To the minute. */
export function spelledMoment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Bytes of `text` in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
