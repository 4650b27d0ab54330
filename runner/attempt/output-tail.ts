/** The end of a job's output, for the researcher's last status; it stays on the site where the product says so. */
import { MAX_TAIL_BYTES } from "../../shared/protocol.ts";
import { readTail } from "../engine/k8s-log.ts";
import type { Context } from "./context.ts";
import { folderOf } from "./job-folder.ts";
import type { Attempt } from "./record.ts";

/** Base64; null for products with `output: site`, for no output, and where it cannot be read. */
export async function readOutputTail(context: Context, attempt: Attempt): Promise<string | null> {
  if (attempt.terms.output === "site") {
    return null;
  }
  try {
    const bytes = await readTail(folderOf(context.settings, attempt).log, MAX_TAIL_BYTES);
    return bytes.length === 0 ? null : Buffer.from(bytes).toString("base64");
  } catch {
    return null;
  }
}
