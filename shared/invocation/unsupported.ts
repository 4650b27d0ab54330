/** What UCloud can give to a job and this provider cannot, by the kinds of parameters and of values. */

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["peer", "Jobs cannot be connected to each other here for now."],
  ["license_server", "License servers cannot be used here for now."],
  ["ingress", "Public links cannot be used here for now."],
  ["network_ip", "Public IP addresses cannot be used here for now."],
  ["network", "Public IP addresses cannot be used here for now."],
  ["private_network", "Private networks cannot be used here for now."],
  ["block_storage", "Block storage cannot be used here for now."],
  ["api_server", "Connections to other services cannot be given to a job here for now."],
  ["workflow", "Workflows cannot be run here for now."],
  ["modules", "Software modules cannot be loaded here for now."],
]);

/** Null: nobody knows this kind. */
export function whyUnsupported(kind: string): string | null {
  return SENTENCES.get(kind) ?? null;
}
