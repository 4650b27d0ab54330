/** Slurm on one node, as Debian ships it, all of it in a folder of its own; a job is a script that asks Podman. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/gateway-process.ts";
import type { PodmanService } from "../../support/podman-service.ts";
import { type Spec, specMaker, WAIT_INTERVAL } from "../containers.ts";
import type { Conditions } from "../row.ts";
import type { Peer } from "./peer.ts";

const run = promisify(execFile);
const LOOK_MS = 10;

type Given = { conditions: Conditions; podman: PodmanService; slots: number };

export async function startSlurm({ conditions, podman, slots }: Given): Promise<Peer> {
  const folder = await mkdtemp(join(conditions.folder, "slurm-"));
  await Promise.all(["controller", "node"].map((name) => mkdir(join(folder, name))));
  await writeFile(join(folder, "munge.key"), randomBytes(128), { mode: 0o400 });
  await writeFile(join(folder, "slurm.conf"), configOf(folder, slots, await freePort(), await freePort()));
  await writeFile(join(folder, "job.sh"), jobScript(podman.socketPath), { mode: 0o755 });
  const env = { ...process.env, SLURM_CONF: join(folder, "slurm.conf") };
  const launch = (command: string, ...args: string[]): void => {
    const child = new Child(command, args, { cwd: folder, env });
    conditions.atEnd(() => child.kill());
  };
  const files = ["socket", "key-file", "pid-file", "log-file", "seed-file"];
  launch("munged", "--foreground", "--force", ...files.map((file) => `--${file}=${join(folder, mungeFile(file))}`));
  launch("slurmctld", "-D", "-f", env.SLURM_CONF);
  launch("slurmd", "-D", "-f", env.SLURM_CONF);
  await eventually("Slurm's node is idle", async () => {
    const { stdout } = await run("sinfo", ["--noheader", "--format=%T"], { env });
    return stdout.trim() === "idle" ? true : null;
  });
  const isBusy = async (): Promise<boolean> => {
    const { stdout } = await run("squeue", ["--noheader", "--states=PENDING,RUNNING", "--format=%i"], { env });
    return stdout.trim() !== "";
  };
  return {
    newSpec: await specMaker(podman),
    async run(specs: Spec[]) {
      for (const spec of specs) {
        const file = join(folder, `${spec.name}.json`);
        await writeFile(file, JSON.stringify(spec));
        await run("sbatch", ["--output=/dev/null", "--cpus-per-task=1", "job.sh", file, spec.name], {
          cwd: folder,
          env,
        });
      }
      while (await isBusy()) {
        await pause(LOOK_MS);
      }
    },
  };
}

function mungeFile(option: string): string {
  return option === "key-file" ? "munge.key" : `munge.${option.replace("-file", "")}`;
}

/** Everything that a cluster sets by its taste is left as it comes. */
function configOf(folder: string, cpus: number, controllerPort: number, nodePort: number): string {
  const [node = "localhost"] = hostname().split(".");
  return `ClusterName=bench
SlurmctldHost=${node}(127.0.0.1)
SlurmUser=root
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
AuthType=auth/munge
AuthInfo=socket=${join(folder, "munge.socket")}
StateSaveLocation=${join(folder, "controller")}
SlurmdSpoolDir=${join(folder, "node")}
SlurmctldPidFile=${join(folder, "slurmctld.pid")}
SlurmdPidFile=${join(folder, "slurmd.pid")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=${node} NodeAddr=127.0.0.1 CPUs=${cpus}
PartitionName=main Nodes=${node} Default=YES State=UP
`;
}

/** The lightest that asks for the four steps. Arguments: the container as JSON, its name. */
function jobScript(socketPath: string): string {
  const call = `curl --silent --show-error --fail --unix-socket '${socketPath}' --output /dev/null --request`;
  const containers = "http://podman/v4.0.0/libpod/containers";
  return `#!/bin/sh
set -e
${call} POST --header 'content-type: application/json' --data "@$1" ${containers}/create
${call} POST "${containers}/$2/start"
${call} POST "${containers}/$2/wait?condition=exited&interval=${WAIT_INTERVAL}"
${call} DELETE "${containers}/$2?force=true&timeout=0&v=true"
`;
}
