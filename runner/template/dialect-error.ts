/** What a filter, test or function of ours objects to: words that are ours and quote no value. */

export class DialectError extends Error {
  override name = "DialectError";
}
