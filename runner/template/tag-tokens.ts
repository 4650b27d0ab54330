/**
 * The words of what stands inside a tag of a template, as far as they must be told apart to change one of them: texts
 * are never looked into. Joined again they are the same characters.
 */

export type Token = { kind: "text" | "name" | "blank" | "other"; text: string };

// Written without alternatives that begin alike: a long text costs its length once.
const TOKEN =
  /(?<text>'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")|(?<name>[A-Za-z_]\w*)|(?<blank>\s+)|\d\w*|./gsy;

/** The token at `position`; null at the end. */
export function tokenAt(source: string, position: number): Token | null {
  TOKEN.lastIndex = position;
  const match = TOKEN.exec(source);
  if (match === null) {
    return null;
  }
  const { text, name, blank } = match.groups ?? {};
  const kind = text !== undefined ? "text" : name !== undefined ? "name" : blank !== undefined ? "blank" : "other";
  return { kind, text: match[0] };
}

export function tokensIn(source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (let token = tokenAt(source, 0); token !== null; token = tokenAt(source, position)) {
    tokens.push(token);
    position += token.text.length;
  }
  return tokens;
}

/** By how much a token opens (1) or closes (-1) a pair of brackets. */
export function nesting({ kind, text }: Token): number {
  return kind !== "other" ? 0 : "([{".includes(text) ? 1 : ")]}".includes(text) ? -1 : 0;
}

/** Index of the bracket that closes the one at `open`; null without one. */
export function closingIndex(tokens: readonly Token[], open: number): number | null {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index];
    depth += token === undefined ? 0 : nesting(token);
    if (depth === 0) {
      return index;
    }
  }
  return null;
}

/** Index of the next token from `from` on that is no blank. */
export function solidIndex(tokens: readonly Token[], from: number): number | null {
  const index = tokens.findIndex(({ kind }, at) => at >= from && kind !== "blank");
  return index < 0 ? null : index;
}
