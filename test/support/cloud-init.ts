/** What cloud-init makes of user data, as far as our example needs it: files, then the lines of one script. */
import * as z from "zod";
import { readYaml } from "./yaml.ts";

const userDataSchema = z.strictObject({
  package_update: z.boolean(),
  packages: z.array(z.string()),
  write_files: z.array(z.strictObject({ path: z.string(), permissions: z.string(), content: z.string() })),
  runcmd: z.array(z.union([z.string(), z.array(z.string())])),
});

export function readUserData(text: string) {
  const { write_files: files, runcmd } = userDataSchema.parse(readYaml(text));
  const lines = runcmd.map((line) => (typeof line === "string" ? line : line.map(quoted).join(" ")));
  return { files, script: lines.join("\n") };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
