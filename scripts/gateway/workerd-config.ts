/**
 * workerd's configuration from the shipped wrangler.toml: the same objects, limits, variables and date. Secrets are not
 * in it: workerd takes every setting from its environment, which no other account can read.
 */
import * as z from "zod/mini";
import type { WranglerConfig } from "../deploy/site-file.ts";

export const WORKER_FILE = "worker.js";
export const CLOCK_SOCKET = "clock.sock";
/** In a copy that no gateway has gone on from. */
export const COPY_MARK = "copy";
/** One folder per class in it, one SQLite file per object in that. */
export const OBJECTS_FOLDER = "objects";

const wranglerSchema = z.looseObject({
  name: z.string(),
  compatibility_date: z.string(),
  durable_objects: z.looseObject({ bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })) }),
  ratelimits: z.array(
    z.strictObject({ name: z.string(), namespace_id: z.string(), simple: z.record(z.string(), z.number()) }),
  ),
});

/** Names and values of ours have no character that Cap'n Proto writes in another way than JSON. */
const text = (value: string): string => JSON.stringify(value);
const list = (items: string[]): string => `[\n${items.map((item) => `        ${item},\n`).join("")}      ]`;

/** `variables`: by their names. Files in it are relative to the state folder. */
export function workerdConfig(wrangler: WranglerConfig, variables: readonly string[]): string {
  const { name, compatibility_date, durable_objects, ratelimits } = wranglerSchema.parse(wrangler);
  const bindings = [
    ...durable_objects.bindings.map(
      (one) => `(name = ${text(one.name)}, durableObjectNamespace = ${text(one.class_name)})`,
    ),
    ...ratelimits.map(({ name: limit, simple }) => `(name = ${text(limit)}, json = ${text(JSON.stringify(simple))})`),
    ...variables.map((variable) => `(name = ${text(variable)}, fromEnvironment = ${text(variable)})`),
  ];
  const namespaces = durable_objects.bindings.map(
    ({ class_name }) =>
      `(className = ${text(class_name)}, uniqueKey = ${text(`${name}-${class_name}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = (
      modules = [(name = ${text(WORKER_FILE)}, esModule = embed ${text(WORKER_FILE)})],
      compatibilityDate = ${text(compatibility_date)},
      bindings = ${list(bindings)},
      durableObjectNamespaces = ${list(namespaces)},
      durableObjectStorage = (localDisk = "objects"),
    )),
    (name = "objects", disk = (path = ${text(OBJECTS_FOLDER)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", http = (), service = "gateway"),
    (name = "clock", address = ${text(`unix:${CLOCK_SOCKET}`)}, http = (), service = (name = "gateway", entrypoint = "clock")),
  ],
);
`;
}
