/** A job that prints a megabyte a second, and ten who look: how late each line comes, beside `podman logs -f`. */
import { setTimeout as pause } from "node:timers/promises";
import { ucloudJob } from "../../support/batch-job.ts";
import { Follower } from "../../support/simulated-ucloud/follower.ts";
import { PROVIDER_ID } from "../../support/site.ts";
import { startSite } from "../bench-site.ts";
import { aNoOp, bodyOf, Poster } from "../creates.ts";
import { MEBIBYTE, residentBytes } from "../memory.ts";
import { followByPodman, isWhole, lagsOf } from "../output-lag.ts";
import type { Bound, Line, Row } from "../row.ts";
import { percentile } from "../statistics.ts";

const VIEWERS = 10;
const SECONDS = 20;
const LINES = SECONDS * 100;
const LOOK_MS = 250;
/** From the job's end to the last line at the last viewer. */
const DRAIN_MS = 3_000;
/** What stays in one process's memory here has 128 MB for each object on the platform. */
const GATEWAY_MIB = 512;
const RUNNER_MIB = 256;
/** Ten lines of 10 KB at a time, a hundred lines a second: 1 MB/s. Each says its number and when it was written. */
const FILL = "x".repeat(10_000);
const PROGRAM = `
  n=0
  while [ $n -lt ${LINES} ]; do
    read up rest < /proc/uptime
    for i in 0 1 2 3 4 5 6 7 8 9; do echo "$n $up ${FILL}"; n=$((n + 1)); done
    sleep 0.09
  done`;

type Site = Awaited<ReturnType<typeof startSite>>;

export const follow: Row = {
  number: 12,
  title: `1 MB/s, ${VIEWERS} viewers`,
  async measure(conditions) {
    const site = await startSite(conditions, 1);
    const { gateway, podman } = site;
    const job = aNoOp({ argv: ["sh", "-c", PROGRAM] });
    gateway.expect(job);
    await new Poster(gateway.url, gateway.token, 1).post(bodyOf(job));
    await gateway.ucloud.book.reaches(job.id, "RUNNING");
    const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => look(site, ucloudJob(job))));
    const stalled = await look(site, ucloudJob(job));
    const logs = await followByPodman(podman, job.id);
    conditions.atEnd(() => logs.stop());
    stalled.stall();
    const most = await mostUntil(
      site,
      gateway.ucloud.book.reaches(job.id, "SUCCESS").then(() => pause(DRAIN_MS)),
    );
    const lags = viewers.flatMap((viewer) => lagsOf(viewer));
    const whole = viewers.filter(({ stdout }) => isWhole(stdout, LINES)).length;
    for (const viewer of [...viewers, stalled]) {
      viewer.close();
    }
    const line = (measure: string, unit: string, ours: number, goal: Bound | null = null): Line => {
      return { measure, unit, ours, beside: null, goal };
    };
    return [
      line(`${follow.title}: lag, p99`, "s", percentile(lags, 0.99), { atMost: 1 }),
      line("lag of `podman logs -f`, alone beside them, p99", "s", percentile(logs.lags, 0.99)),
      line(`${follow.title}: those who saw every line in its order`, "", whole, { atLeast: VIEWERS }),
      line("most memory of all objects while one more stalls", "MiB", most.gateway, { atMost: GATEWAY_MIB }),
      line("most memory of the runner meanwhile", "MiB", most.runner, { atMost: RUNNER_MIB }),
    ];
  },
};

function look({ gateway }: Site, job: unknown): Promise<Follower> {
  const given = { gatewayUrl: gateway.url, providerId: PROVIDER_ID, token: gateway.token, era: "today" as const };
  return Follower.open(given).then((viewer) => {
    viewer.follow(job);
    return viewer;
  });
}

/** Resident, in MiB. */
async function mostUntil(
  { gateway, runner }: Site,
  end: Promise<unknown>,
): Promise<{ gateway: number; runner: number }> {
  const most = { gateway: 0, runner: 0 };
  let isOver = false;
  void end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    most.gateway = Math.max(most.gateway, (await gateway.workerd.residentBytes()) / MEBIBYTE);
    most.runner = Math.max(most.runner, (await residentBytes(runner.child.pid)) / MEBIBYTE);
    await pause(LOOK_MS);
  }
  await end;
  return most;
}
