/** Texts as words of a shell, and as texts of a template. */

/** One word for any shell, whatever is in it: only the single quote itself ends a single-quoted text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text as a literal of the template language. */
export function inTemplateText(text: string): string {
  return `"${text.replace(/[\\"\n\r\t]/g, (char) => ESCAPES[char] ?? char)}"`;
}
