/** The queue of one category, with what Cloudflare and UCloud give it. */
import type { Settings } from "../env.ts";
import type { ControlApi } from "../ucloud/control.ts";
import { ucloudPorts } from "../ucloud/queue-ports.ts";
import { type Platform, platformPorts } from "./platform-ports.ts";
import { platformWaking } from "./platform-wake.ts";
import { Queue } from "./queue.ts";
import { Wake } from "./wake.ts";

export type OpenQueue = { queue: Queue; control: ControlApi; wake: Wake };
type Given = Omit<Platform, "category"> & { settings: Settings; nowMs: () => number; random: () => number };

export function openQueue({ settings, nowMs, random, ...platform }: Given): OpenQueue {
  const category = platform.ctx.id.name ?? "";
  const ucloud = ucloudPorts(settings, category, nowMs);
  const ports = { ...ucloud, ...platformPorts({ ...platform, category }), setAlarm: (atMs: number) => wake.set(atMs) };
  const wake = new Wake(platformWaking({ ...platform, nowMs }), (scheduledMs) => queue.alarm(scheduledMs));
  const queue = new Queue({ ...ports, category, times: settings.times, nowMs, random });
  return { queue, control: ucloud.control, wake };
}
