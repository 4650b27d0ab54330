/** `status`: 0 ok, 1 degraded, 2 not connected. */
import { spelledMoment } from "../../shared/text.ts";
import { askControl } from "../control-socket.ts";
import { exitCodeOf, type Status, statusSchema } from "../status.ts";
import type { Command } from "./command.ts";

export async function status({ stateDir, flags }: Command): Promise<number> {
  const found = await askStatus(stateDir);
  if (found === null) {
    console.log(flags.json === true ? "null" : `no runner works in ${stateDir}`);
    return 2;
  }
  console.log(flags.json === true ? JSON.stringify(found, null, 2) : describe(found));
  return exitCodeOf(found);
}

export async function askStatus(stateDir: string): Promise<Status | null> {
  const parsed = statusSchema.safeParse(await askControl(stateDir, { ask: "status" }));
  return parsed.success ? parsed.data : null;
}

function openness({ draining, closed, closing }: Pick<Status, "draining" | "closed" | "closing">): string {
  if (closed === null) {
    const from =
      closing === null ? "" : ` that are over by ${spelledMoment(closing.fromMs)} (then drained: ${closing.reason})`;
    return `takes jobs${from}`;
  }
  return draining ? `drains: takes no new jobs (${closed.text})` : `takes no jobs: ${closed.text}`;
}

function engine({ podman, podmanVersion, podmanChange }: Status): string {
  const name = podmanVersion ? `Podman ${podmanVersion}` : "Podman";
  const before = podmanChange ? ` (${podmanChange.from} until ${new Date(podmanChange.atMs).toISOString()})` : "";
  return `${name}${before} is ${podman}`;
}

function describe(found: Status): string {
  const {
    runner,
    version,
    total,
    closed,
    closing,
    draining,
    lines,
    jobs,
    foreign,
    drives = [],
    networks,
    gpus = [],
    unpinned,
  } = found;
  const memory = (total.memoryBytes / 2 ** 30).toFixed(1);
  const heads = [
    `${runner.name} (${runner.id}), version ${version}, ${engine(found)}`,
    `gives ${total.cpu} cores, ${memory} GiB, ${total.gpu} GPUs`,
    openness({ draining, closed, closing }),
  ];
  const links = lines.map(({ category, connected, heardAgoMs, trouble }) =>
    connected
      ? `${category}: connected, heard ${Math.round((heardAgoMs ?? 0) / 1000)} s ago`
      : `${category}: not connected: ${trouble ?? "dialling"}`,
  );
  const work = jobs.map(({ ref, category, phase, gpus }) => {
    const devices = gpus.length > 0 ? `, ${gpus.join(" ")}` : "";
    return `job ${ref.job} (${category}): ${phase}, attempt ${ref.attempt}${devices}`;
  });
  const others = foreign.map((name) => `foreign container, counted as used: ${name}`);
  const missing = drives.flatMap(({ id, folder, trouble }) =>
    trouble === null ? [] : `drive ${id} is not served: ${folder}: ${trouble}`,
  );
  const loose = unpinned ? [`cores are not pinned: ${unpinned}`] : [];
  const unlinked = networks?.trouble ? [`no networks for jobs: ${networks.trouble}`] : [];
  return [...heads, ...loose, ...gpus.map(gpuLine), ...missing, ...unlinked, ...links, ...work, ...others].join("\n");
}

function gpuLine({ name, kind, job, trouble }: NonNullable<Status["gpus"]>[number]): string {
  const of = kind === null ? "" : ` (${kind})`;
  const use = job === null ? "free" : `job ${job}`;
  return trouble === null ? `GPU ${name}${of}: ${use}` : `GPU ${name}${of} gets no job: ${trouble}`;
}
