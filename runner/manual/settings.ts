/** What an operator reads of each setting, in help, man page and completion; the door itself is `runner/settings.ts`. */
import type { RunnerSettings } from "../settings.ts";

export type SettingText = {
  /** What stands behind the flag; null: the flag alone says yes. */
  value: string | null;
  default: string;
  text: string;
};

export const SETTINGS: Record<keyof RunnerSettings, SettingText> = {
  "podman-socket": {
    value: "FILE",
    default: "root: /run/podman/podman.sock, else $XDG_RUNTIME_DIR/podman/podman.sock",
    text: "Podman's socket; rootful or rootless is decided by its owner",
  },
  "jobs-dir": {
    value: "DIR",
    default: "<state-dir>/jobs",
    text: "folders of jobs; may have the placeholders {workspace}, {user}, {application} and {job}",
  },
  "work-keep": { value: "TIME", default: "14d", text: "folders of jobs are removed this long after their end" },
  "image-keep": {
    value: "TIME",
    default: "30d",
    text: "images that the runner fetched are removed when no job has used them for this long",
  },
  "job-user": {
    value: "USER",
    default: "11042:11042",
    text: "account name or uid:gid that jobs run as, never root; needed where 11042 is somebody's",
  },
  "allow-root": {
    value: null,
    default: "false",
    text: "applications that ask for root get it, in a user namespace of their own",
  },
  cpu: { value: "CORES", default: "all cores × overcommit.cpu", text: "cores for jobs" },
  memory: { value: "SIZE", default: "all but reserve", text: "memory for jobs" },
  reserve: { value: "SIZE", default: "1 GiB, or 3 % if that is more", text: "memory kept for the system" },
  overcommit: { value: "JSON", default: '{"cpu":1}', text: "up to 16; memory and GPUs are never overcommitted" },
  gpus: {
    value: "LIST|JSON",
    default: "none",
    text: 'CDI names, such as nvidia.com/gpu=0; one serves one job. As JSON the kind of each: {"nvidia.com/gpu=0":"a100"}',
  },
  "cdi-dirs": {
    value: "LIST",
    default: "/etc/cdi,/var/run/cdi",
    text: "where Podman looks for CDI files; a GPU that none of them names gets no job",
  },
  "gpu-kind": { value: "NAME", default: "none", text: "of all in gpus; compared with the product's gpuKind" },
  images: { value: "LIST", default: "all", text: "images that jobs may use, patterns with *" },
  "auth-file": {
    value: "FILE",
    default: "none",
    text: "registry credentials as of podman login --authfile, read at each pull",
  },
  "default-registry": {
    value: "HOST",
    default: "docker.io",
    text: "for unqualified names, after local images; none refuses them",
  },
  "min-free-disk": {
    value: "SIZE",
    default: "5 GiB",
    text: "below it no job is taken; below half of it the job that has written most is stopped",
  },
  "log-cap": { value: "SIZE", default: "1 GiB", text: "size of one job's output; at the cap the oldest is lost" },
  "metrics-port": { value: "PORT", default: "off", text: "Prometheus on 127.0.0.1" },
  "boot-id-file": {
    value: "FILE",
    default: "/proc/sys/kernel/random/boot_id",
    text: "tells one boot of the machine from another",
  },
  drives: {
    value: "JSON",
    default: "none",
    text: "folders whose files jobs may use, by UCloud's number of the drive: folder, readOnly, workspaces, gid, umask",
  },
  networks: { value: "LIST", default: "internet", text: "networks that jobs may have: internet, site, or none" },
  "job-subnets": {
    value: "LIST",
    default: "10.214.0.0/16",
    text: "IPv4 prefixes from which each job with a network gets a /28",
  },
  "job-resolvers": {
    value: "LIST",
    default: "the machine's",
    text: "up to three IPv4 addresses that such jobs ask for names",
  },
  deny: { value: "LIST", default: "none", text: "prefixes that no job may reach, beside those that none ever may" },
  "job-proxy": {
    value: "URL",
    default: "none",
    text: "proxy that jobs with a network are told of and may reach: http://ADDRESS:PORT, without a password",
  },
  "job-no-proxy": { value: "LIST", default: "none", text: "names and addresses that jobs ask without that proxy" },
  "job-ca-file": {
    value: "FILE",
    default: "none",
    text: "certificates (PEM) of authorities that jobs with a network believe beside the public ones",
  },
  proxy: {
    value: "URL",
    default: "HTTPS_PROXY of the environment, unless NO_PROXY names the gateway",
    text: "proxy on the runner's own way to the gateway, without a password; none: no proxy at all",
  },
  "proxy-auth-file": {
    value: "FILE",
    default: "none",
    text: "one line user:password for that proxy, readable by its owner alone",
  },
  "ca-file": {
    value: "FILE",
    default: "none",
    text: "certificates (PEM) of authorities that the runner believes beside those that Node and the machine know",
  },
  hooks: { value: "JSON", default: "none", text: "the site's own programs: health, prolog, epilog, each a path" },
};
