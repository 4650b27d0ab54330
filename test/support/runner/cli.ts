/** Node with a program of the project, to its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export const PROJECT = new URL("../../..", import.meta.url).pathname;
export const NODE = `${PROJECT}node_modules/.bin/node`;

export type Ended = { code: number | null; stdout: string; stderr: string };
/** Nothing of the caller's environment but where programs are. */
export async function callNode(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(NODE, args, { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: typeof code === "number" ? code : null, stdout, stderr };
}
