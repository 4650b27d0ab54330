/** What a job's container is called as a host: 63 characters of letters, digits and inner hyphens. Pure. */

export function jobHostname(job: string): string {
  return hostnameOf(`ucloud-${job}`);
}

export function hostnameOf(name: string): string {
  return name
    .replace(/[^A-Za-z0-9-]/g, "-")
    .slice(0, 63)
    .replace(/-+$/, "");
}
