/** What the caller can mend: the command exits 2 and prints the sentence. */
export class UsageError extends Error {
  override name = "UsageError";
}
