/** The project's own source files and what each of them imports. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";

const PROJECT = new URL("../..", import.meta.url).pathname;
const FOLDERS = ["shared", "worker", "runner", "page", "scripts", "test"];

type Import = { from: string; clause: string; isType: boolean };
export type SourceFile = { path: string; text: string; lines: number; imports: Import[] };

/** `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`. */
const STATIC = /^(?:import|export)\s+(?:([^"'`;]*?)\s+from\s+)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']/g;

export function sourceFiles(): SourceFile[] {
  const folders = FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [relative(PROJECT, join(entry.parentPath, entry.name))] : [],
    ),
  );
  const paths = [...folders, ...readdirSync(PROJECT)].filter((path) => /\.(ts|mts|mjs|js)$/.test(path)).sort();
  return paths.map((path) => {
    const text = readFileSync(join(PROJECT, path), "utf8");
    return { path, text, lines: text.split("\n").length - 1, imports: importsOf(text) };
  });
}

export function importsOf(text: string): Import[] {
  const fixed = [...text.matchAll(STATIC)].map(([, clause = "", from = ""]) => {
    return { from, clause, isType: /^type\b/.test(clause) };
  });
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, from = ""]) => ({ from, clause: "", isType: false }));
  return [...fixed, ...dynamic];
}

/** The project's path of a relative import; null: a package, or the platform. */
export function resolved(path: string, from: string): string | null {
  return from.startsWith(".") ? posix.join(posix.dirname(path), from) : null;
}

/** Every file that is loaded with this one, types left out. */
export function loadedWith(path: string, files: SourceFile[], seen = new Set<string>()): Set<string> {
  if (seen.has(path)) {
    return seen;
  }
  seen.add(path);
  for (const { from, isType } of files.find((file) => file.path === path)?.imports ?? []) {
    const next = resolved(path, from);
    if (next !== null && !isType) {
      loadedWith(next, files, seen);
    }
  }
  return seen;
}
