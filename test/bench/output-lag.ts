/** Numbered lines that say when they were written: how late they came, and whether all did. */
import { spawn } from "node:child_process";
import { uptime } from "node:os";
import { createInterface } from "node:readline";
import * as z from "zod";
import { askPodman, type PodmanService } from "../support/podman-service.ts";
import type { Follower } from "../support/simulated-ucloud/follower.ts";

const listSchema = z.array(z.object({ Names: z.array(z.string()) }));

/** Seconds between a line and the message with its end. */
export function lagsOf({ messages, cameAtUptime }: Follower): number[] {
  let open = "";
  return messages.flatMap(({ payload }, index) => {
    const lines = `${open}${payload?.stdout ?? ""}`.split("\n");
    open = lines.pop() ?? "";
    return lines.filter(isNumbered).map((line) => (cameAtUptime[index] ?? 0) - writtenAt(line));
  });
}

/** Every line once and in its order. */
export function isWhole(text: string, lines: number): boolean {
  const numbers = text
    .split("\n")
    .filter(isNumbered)
    .map((line) => Number.parseInt(line, 10));
  return numbers.length === lines && numbers.every((number, index) => number === index);
}

export type FollowedByPodman = { lags: number[]; stop(): void };

/** `podman logs -f` of a job's container. */
export async function followByPodman({ socketPath }: PodmanService, jobId: string): Promise<FollowedByPodman> {
  const { body } = await askPodman(socketPath, "GET", "/containers/json?all=true");
  const names = listSchema.parse(JSON.parse(body)).flatMap(({ Names }) => Names);
  const name = names.find((one) => one.startsWith(`ucloud-${jobId}-`)) ?? "";
  const logs = spawn("podman", ["--remote", "--url", `unix://${socketPath}`, "logs", "-f", name], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lags: number[] = [];
  createInterface({ input: logs.stdout }).on("line", (line) => {
    lags.push(...(isNumbered(line) ? [uptime() - writtenAt(line)] : []));
  });
  return { lags, stop: () => void logs.kill() };
}

function isNumbered(line: string): boolean {
  return /^\d+ \d+\.\d+ /.test(line);
}

/** By the machine's uptime, which the program reads as we do. */
function writtenAt(line: string): number {
  return Number(line.split(" ", 2)[1]);
}
