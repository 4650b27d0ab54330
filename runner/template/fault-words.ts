/**
 * What may be said of an error: words of the engine and words that stand in the template. A value could be anything,
 * so every other word is left out; the text stays at UCloud for ever and the whole project reads it.
 */

/** The engine's words about mistakes, as far as they help. */
const VOCABULARY = new Set(
  `a an and are argument arguments array assign assignment at attribute bad be block boolean call callable called cannot
  cause compare compared comma comment convert converted could declaration directive divide division does duplicate
  element elements empty end error escape evaluation exceeded exceeds expected expression failed field filter float for
  found from function garbage has identifier impossible in include index input integer invalid is item items iterable
  iterate key keyword known large length limit list literal lookup loop macro many map maximum memory method missing must
  name named namespace namespaces negative no none not number object of on only operation operator or out parameter
  parenthesis positional possible range recursion required reserved result runtime sequence set should slice something
  statement step string supported syntax tag template test tests than the time to too tried type types undefined
  unexpected unknown unpack unsupported use used value values variable was while with without wrong zero can t represented JavaScript exceeds limits
  takes texts text true false pattern match search option flag ternary format fewer places place one two looks condition
  valid script larger 1 MiB MiB NUL character contains long needed`.split(/\s+/),
);
const SIGNS = /^[-+*/%~<>=!.,:;()[\]{}|`'"]*$/;
const MAX_CHARS = 160;

export function faultWords(message: string, template: string): string {
  const known = new Set(template.match(/\w+/g));
  const words = message
    .split(/\s+/)
    .map((word) => (isSayable(word, known) ? word : "…"))
    .join(" ")
    .replace(/\u2026(?: \u2026)+/g, "…");
  return words.length > MAX_CHARS ? `${words.slice(0, MAX_CHARS - 1)}…` : words;
}

function isSayable(word: string, known: ReadonlySet<string>): boolean {
  const names = word.match(/\w+/g) ?? [];
  return (
    SIGNS.test(word.replace(/\w+/g, "")) &&
    (names.length > 0 || word.length <= 4) &&
    names.every((name) => VOCABULARY.has(name) || known.has(name))
  );
}
