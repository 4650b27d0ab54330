/** What a program in a container may try in order to get out of it: shell commands by name. */
import { networkInterfaces } from "node:os";

const own = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;
export const dial = (host: string, port: number) => `nc -w 1 ${host} ${port} </dev/null && echo reached`;

/** Nothing here would harm the machine if it were let. */
export function attempts(port: number): Record<string, string> {
  return {
    ids: "id -u; id -g; id -G",
    loopback:
      "(echo hi | nc -w 2 -l -p 4711 >/dev/null &) ; sleep 0.2; nc -w 1 127.0.0.1 4711 </dev/null && echo reached",
    "node by loopback": dial("127.0.0.1", port),
    "node by address": dial(own ?? "192.0.2.1", port),
    metadata: `${dial("169.254.169.254", 80)}; ${dial("fd00:ec2::254", 80)}`,
    gateway: dial("192.0.2.1", 443),
    names: "nslookup gateway.invalid 192.0.2.53 | grep -c Address.*192.0.2.1",
    interfaces: "ls /sys/class/net; grep -c : /proc/net/route",
    "other processes": "ls -d /proc/[0-9]* | wc -l",
    "a device": "mknod /tmp/disk b 8 0",
    devices: "ls /dev",
    "kernel settings": ": >> /proc/sys/kernel/core_pattern; : >> /proc/sysrq-trigger",
    "kernel memory": "cat /proc/kcore /proc/keys /proc/timer_list /dev/mem | wc -c",
    firmware: "ls /sys/firmware | wc -l",
    "a mount": "mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && echo mounted",
    // Containers' own profile lets anybody make one: root in it is root over nothing of the machine's.
    "root in a namespace": "unshare -r sh -c 'id -u; mknod /tmp/disk b 8 0; : >> /proc/sys/kernel/core_pattern'",
    "a module": "insmod /bin/busybox && echo loaded",
    "a set-uid program": "cp /bin/busybox /tmp/su; chmod 4755 /tmp/su; /tmp/su id -u",
    sockets: "find / -xdev -name '*.sock' 2>/dev/null",
    environment: "env",
    "cgroup write":
      "for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do echo 1 >> $f && echo written; done",
    image: "touch /bin/x && echo written",
  };
}
