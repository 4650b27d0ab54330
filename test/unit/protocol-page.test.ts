/** docs/protocol.md and docs/operations.md against the code: what is said between the parts of the system stands there. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type * as z from "zod/mini";
import { CLOSE } from "../../shared/close-codes.ts";
import { failureSchema, sideOf } from "../../shared/failure.ts";
import {
  factSchema,
  gatewayFrameSchema,
  LOST_REASONS,
  phaseSchema,
  runnerFrameSchema,
  verdictSchema,
} from "../../shared/protocol.ts";
import { relayFrameSchema, relayOrderSchema } from "../../shared/relay.ts";

const PROJECT = new URL("../..", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, PROJECT), "utf8");
const PAGE = read("docs/protocol.md");
const OPERATIONS = read("docs/operations.md");

/** The table that follows the words, row by row; the first cell of each names one or more things. */
function rowsAfter(words: string): { names: string[]; text: string }[] {
  const [, rest = ""] = PAGE.split(`${words}\n`);
  const table = rest.slice(rest.indexOf("\n|") + 1).split("\n\n")[0] ?? "";
  return table.split("\n").map((text) => ({ names: wordsIn(text.split("|")[1] ?? ""), text }));
}

const wordsIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

type Shaped = { shape: Record<string, z.core.$ZodType> };
type Kind = { kind: string; fields: string[] };

function kindsOf(options: readonly Shaped[], discriminator: "type" | "kind"): Kind[] {
  return options.map(({ shape }) => {
    const [kind = ""] = shape[discriminator]?._zod.values ?? [];
    return { kind: String(kind), fields: Object.keys(shape).filter((field) => field !== discriminator) };
  });
}

const TABLES: [string, Kind[]][] = [
  ["Runner → gateway:", kindsOf(runnerFrameSchema.def.options, "type")],
  ["Gateway → runner:", kindsOf(gatewayFrameSchema.def.options, "type")],
  ["`started` comes first, `exited` last.", kindsOf(factSchema.def.options, "kind")],
  ["its number is never used twice.", kindsOf(relayOrderSchema.def.options, "type")],
  ["| `stop` | `stream` | nobody looks at it any more |", kindsOf(relayFrameSchema.def.options, "type")],
];

const frames = TABLES.flatMap(([words, kinds]) => kinds.map((one) => ({ words, ...one })));

test.each(frames)("after «$words» stands `$kind` with its fields", ({ words, kind, fields }) => {
  const row = rowsAfter(words).find(({ names }) => names.includes(kind));
  expect([kind, row === undefined]).toEqual([kind, false]);
  const said = wordsIn(row?.text ?? "");
  expect(fields.filter((field) => !said.includes(field))).toEqual([]);
});

test.each(TABLES)("after «%s» stands nothing that the code does not have", (words, kinds) => {
  const named = rowsAfter(words).flatMap(({ names }) => names);
  expect(named.filter((name) => !kinds.some(({ kind }) => kind === name))).toEqual([]);
});

test("each failure stands in the row of its side, and nowhere else", () => {
  const rows = new Map(
    rowsAfter("The side of a failure decides (`shared/failure.ts`):").map(({ text }) => {
      const [, side = "", codes = ""] = text.split("|").map((cell) => cell.trim());
      return [side, wordsIn(codes)] as const;
    }),
  );
  for (const side of ["job", "node", "busy"] as const) {
    const codes = failureSchema.shape.code.options.filter((code) => sideOf({ code }) === side);
    expect([side, new Set(rows.get(side))]).toEqual([side, new Set(codes)]);
  }
});

test("phases, verdicts and the reasons of a loss are named", () => {
  const said = new Set(wordsIn(PAGE));
  const words = [...phaseSchema.options, ...verdictSchema.options, ...LOST_REASONS];
  expect(words.filter((word) => !said.has(word))).toEqual([]);
});

test("each close code has its row", () => {
  const rows = PAGE.split("\n").flatMap((line) => /^\| (\d{4}) \|/.exec(line)?.[1] ?? []);
  expect(Object.values(CLOSE).filter((code) => !rows.includes(String(code)))).toEqual([]);
});

test("each error code has its row, with its status", () => {
  const [, list = ""] = /const STATUS = \{([^}]+)\}/.exec(read("worker/http/errors.ts")) ?? [];
  const codes = [...list.matchAll(/(\w+): (\d+)/g)].map(([, code = "", status = ""]) => [code.toUpperCase(), status]);
  expect(codes.length).toBeGreaterThan(5);
  for (const [code, status] of codes) {
    expect(PAGE).toContain(`| ${status} | \`${code}\` |`);
  }
});

/** Paths of the router's own text, with its variables as the pages write them. */
const routes = [...read("worker/router.ts").matchAll(/router\.(get|post)\(\s*[`"]([^`"]+)[`"]/g)].map(
  ([, method = "", path = ""]) => ({ method: method.toUpperCase(), path: path.replace(/^\$\{provider\}\//, "") }),
);
const otherCalls = [...read("worker/ucloud/other-calls.ts").matchAll(/^ {2}"([\w/]+)": /gm)].map(([, path = ""]) => ({
  method: "POST",
  path,
}));
const known = [...routes.filter(({ path }) => !path.includes("${")), ...otherCalls];

test.each(known)("$method $path is described", ({ method, path }) => {
  const page = path === "/healthz" ? OPERATIONS : PAGE;
  const last = path.split("/").at(-1) ?? "";
  const lines = page.split("\n").filter((line) => line.includes(method) && line.includes(last));
  expect(lines.length).toBeGreaterThan(0);
});

/** Whatever the gateway asks of UCloud stands as a path in its own text. */
const asked = ["control", "client", "access-token", "accounting", "open-jobs", "product-registration"].flatMap(
  (file) => {
    const paths = read(`worker/ucloud/${file}.ts`).matchAll(/["`](\/(?:api|auth)\/[\w/]*\w)(?=["`?])/g);
    return [...paths].map(([, path = ""]) => path);
  },
);

test("each call of UCloud's control API is described", () => {
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((path) => !PAGE.includes(path))).toEqual([]);
});

const adminRoutes = [...read("worker/admin/routes.ts").matchAll(/(read|operate|own)\("(\/admin\/[^"]+)"/g)].map(
  ([, maker = "", path = ""]) => ({ method: maker === "read" ? "GET" : "POST", path }),
);

test.each(adminRoutes)("$method $path is described", ({ method, path }) => {
  const parts = path.split("/");
  const object = parts.slice(0, 3).join("/");
  const verb = parts.length > 3 ? (parts.at(-1)?.replace(/^:id$/, "{id}") ?? "") : "";
  const rows = OPERATIONS.split("\n").filter(
    (line) => line.startsWith(`| \`${method} ${object}`) && line.includes(verb),
  );
  expect([path, rows.length > 0]).toEqual([path, true]);
});
