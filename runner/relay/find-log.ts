/** Where the log of an attempt is, of one that this node holds or once held. */
import type { Ref } from "../../shared/ids.ts";
import { folderOf } from "../attempt/job-folder.ts";
import { findFolder } from "../folders-of-jobs.ts";
import type { NodeState } from "../node-state.ts";
import type { JobLog } from "./viewer-stream.ts";

type Node = Pick<NodeState, "holdings" | "context" | "known">;

/**
 * Nothing is said of an attempt before Podman has listed: unknown is not over. Null: what this job writes does not
 * leave the node.
 */
export async function findLog({ holdings, context, known }: Node, ref: Ref): Promise<JobLog | null> {
  await known;
  const held = holdings.get(ref)?.attempt;
  if (held?.terms.output === "site") {
    return null;
  }
  const folder = held === undefined ? await findFolder(context.settings, ref) : null;
  const isOver = () => {
    const attempt = holdings.get(ref)?.attempt ?? null;
    return attempt === null || attempt.outcome !== null;
  };
  const { log } = folderOf(context.settings, held ?? { folder, ref });
  return { path: log, isOver };
}
