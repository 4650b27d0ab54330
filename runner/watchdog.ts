/**
 * systemd's watchdog. It is fed while the event loop turns and the line is either alive or known to be down; a process
 * that believes in a line that is silent for too long is restarted, and its jobs go on.
 */
import { execFile } from "node:child_process";
import type { ConnectionState } from "./connection-options.ts";
import type { Timers } from "./timers.ts";

export type Notifier = { ready(): void; stopping(): void; watch(isWell: () => boolean): void };

/** Node cannot write to systemd's datagram socket; its own small program does. */
const PROGRAM = "systemd-notify";
const PROGRAM_MS = 5_000;

export function createNotifier(environment: Record<string, string | undefined>, timers: Timers): Notifier {
  const isUnderSystemd = (environment.NOTIFY_SOCKET ?? "") !== "";
  const say = (...words: string[]) => {
    if (isUnderSystemd) {
      execFile(PROGRAM, words, { timeout: PROGRAM_MS }, () => {});
    }
  };
  const periodMs = Number(environment.WATCHDOG_USEC ?? 0) / 1000;
  return {
    ready: () => say("--ready"),
    stopping: () => say("--stopping"),
    watch(isWell) {
      if (!isUnderSystemd || !(periodMs > 0)) {
        return;
      }
      const feed = () => {
        if (isWell()) {
          say("WATCHDOG=1");
        }
        timers.after(periodMs / 2, feed);
      };
      feed();
    },
  };
}

type Line = Pick<ConnectionState, "connected" | "lastHeardMs" | "patienceMs">;

/** A line that is down is known to be down; one that is up has been heard lately, with `slackMs` to notice otherwise. */
export function isWell(lines: Line[], uptimeMs: number, slackMs: number): boolean {
  return lines.every(
    ({ connected, lastHeardMs, patienceMs }) =>
      !connected || lastHeardMs === null || uptimeMs - lastHeardMs <= patienceMs + slackMs,
  );
}
