/** The program `nft`, run without a shell and with a deadline. */
import { execFile } from "node:child_process";

const DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 4 * 2 ** 20;
/** Where nft lies on every distribution, also for a process that has no PATH worth the name. */
const PATH = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin";

export class NftError extends Error {
  override name = "NftError";
}

export type Nft = (argv: readonly string[], input?: string) => Promise<string>;

/** @throws NftError with nft's first line: it speaks of rules, never of jobs. */
export function createNft(path: string = PATH): Nft {
  return (argv, input = "") =>
    new Promise((resolve, reject) => {
      const options = { timeout: DEADLINE_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES, env: { PATH: path } };
      const child = execFile("nft", argv, { ...options, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const isMissing = error.code === "ENOENT" || error.code === "EACCES";
        const words = isMissing ? "nft is not installed" : (stderr.split("\n")[0] ?? "").slice(0, 200);
        reject(new NftError(words === "" ? "nft did not answer" : words, { cause: error }));
      });
      // One that is not there, or that ended early, reads nothing.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
    });
}
