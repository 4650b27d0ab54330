/** What must be there before a container can be tried: the init program, and the kernel's controllers of limits. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { podmanUser } from "../podman-socket.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good } from "./finding.ts";

const CONTROLLERS = "cgroup.controllers";
const NEEDED_CONTROLLERS = ["cpu", "memory", "pids"];
const INIT_PROGRAMS = ["/usr/libexec/podman/catatonit", "/usr/bin/catatonit", "/usr/local/libexec/podman/catatonit"];

export async function checkInit(): Promise<Found[]> {
  const found = INIT_PROGRAMS.find((path) => existsSync(path));
  const advice = "Without it no container can be created: apt-get install catatonit";
  return [found === undefined ? bad("catatonit is missing", advice) : good(found)];
}

/** Without its controllers a job would run without its limits. */
export async function checkCgroups({ command: { podmanSocket } }: Examination): Promise<Found[]> {
  const uid = podmanUser(podmanSocket);
  const root = "/sys/fs/cgroup";
  if (!existsSync(join(root, CONTROLLERS))) {
    return [
      uid === 0 && existsSync(join(root, "memory"))
        ? good("version 1, with the memory controller")
        : bad("version 1", "Jobs' limits would not hold; boot with cgroup v2."),
    ];
  }
  const own = uid === 0 ? root : join(root, `user.slice/user-${uid}.slice/user@${uid}.service`);
  const given = readOrEmpty(join(own, CONTROLLERS)).split(/\s+/);
  const missing = NEEDED_CONTROLLERS.filter((name) => !given.includes(name));
  const advice =
    "Delegate them: Delegate=cpu cpuset io memory pids in a drop-in of user@.service, and loginctl enable-linger.";
  return [
    missing.length === 0
      ? good(`version 2, with ${NEEDED_CONTROLLERS.join(", ")}`)
      : bad(`${missing.join(", ")} missing for user ${uid}`, advice),
  ];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
