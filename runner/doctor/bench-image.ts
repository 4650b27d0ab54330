/**
 * An image of this machine's own shell, for machines that have no image yet: the programs and the libraries that they
 * name, in an archive. null: they are not all here.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const PROGRAMS = ["/bin/sh", "/bin/ls", "/bin/dd"];
const MAKE_MS = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
const run = promisify(execFile);

export async function buildBenchImage(): Promise<Buffer | null> {
  try {
    const libraries = await Promise.all(PROGRAMS.map(librariesOf));
    const files = [...new Set([...PROGRAMS, ...libraries.flat()])].map((path) => path.slice(1));
    const options = { timeout: MAKE_MS, maxBuffer: MAX_BYTES, encoding: "buffer" } as const;
    // What is a link here may lead to a place that the image does not have.
    const { stdout } = await run("tar", ["-chf", "-", "-C", "/", ...files], options);
    return stdout;
  } catch {
    return null;
  }
}

/** As the machine's own loader finds them; none of a program that needs none. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run("ldd", [program], { timeout: MAKE_MS }).catch((error: { code?: unknown }) => {
    // So it says of one that is linked statically.
    if (error.code === 1) {
      return { stdout: "" };
    }
    throw error;
  });
  return pathsIn(stdout);
}

/** Pure: `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)`. */
export function pathsIn(text: string): string[] {
  return [...text.matchAll(/(?:^|\s)(\/\S+) \(0x[0-9a-f]+\)/gm)].map(([, path = ""]) => path);
}
