/** What jobs wait for, and what runners are: the short words of the snapshots as an operator says them. */

const WAITING: Record<string, string> = {
  room: "room on a machine",
  retry: "a pause after a start that failed",
  paused: "the queue to be resumed",
  none_connected: "a runner: none is connected",
  none_has_drives: "a machine with its drives",
  none_big_enough: "a bigger machine",
  closing: "a machine on which they are over before it is drained",
  silent: "machines to answer again",
  drained: "drained machines to take jobs again",
  degraded: "machines that fail to start jobs",
  closed: "machines that have closed",
};

export function spelledWaiting(reason: string): string {
  return WAITING[reason] ?? "something else";
}

/** A newer queue may say a kind that this page does not know. */
const HELD: Record<string, string> = {
  forgotten: "UCloud does not know the job",
  foreign: "open at UCloud, never accepted here",
  adopt: "a runner has it, UCloud is being asked",
};

export function spelledHeld(kind: string): string {
  return HELD[kind] ?? kind;
}
