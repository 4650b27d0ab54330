/** nftables in memory: takes our rules as text and shows them as nft would, with faults on demand. */
import { type Nft, NftError } from "../../runner/network/nft.ts";

export class ScriptedNft {
  /** What was called, by its first word: `--check`, `--file` or `--json`. */
  readonly calls: string[] = [];
  /** The table's text; null: there is none. */
  table: string | null = null;
  /** Refuses with these words. */
  broken: string | null = null;
  /** The kernel takes the rules and loses this line. */
  loses = "";

  readonly run: Nft = async (argv, input = "") => {
    this.calls.push(argv[0] ?? "");
    if (this.broken !== null) {
      throw new NftError(this.broken);
    }
    if (argv.includes("--file") && !argv.includes("--check")) {
      this.table = input.replace(this.loses, "");
    }
    if (argv[0] !== "--json") {
      return "";
    }
    if (this.table === null) {
      throw new NftError("Error: No such file or directory");
    }
    return JSON.stringify({ nftables: [{ metainfo: { version: "1" } }, ...listed(this.table)] });
  };
}

function listed(text: string): object[] {
  const sets = [...text.matchAll(/^ {2}set (\w+) \{[^}]*elements = \{ ([^}]*) \}/gm)].map(([, name, elements = ""]) => {
    const elem = elements.split(", ").map((one) => (one.includes("-") ? { range: one.split("-") } : one));
    return { set: { name, elem } };
  });
  const chains = [...text.matchAll(/^ {2}chain (\w+) \{\n((?: {4}.*\n)*)/gm)].flatMap(([, name, body = ""]) => {
    const lines = body.trim().split("\n");
    const [, hook, prio] = lines[0]?.match(/hook (\w+) priority (-?\d+)/) ?? [];
    const rules = hook === undefined ? lines : lines.slice(1);
    const head = { name, ...(hook === undefined ? {} : { hook, prio: Number(prio) }) };
    return [{ chain: head }, ...rules.map((rule, handle) => ({ rule: { chain: name, handle, expr: [rule.trim()] } }))];
  });
  return [...sets, ...chains];
}
