/** `help` and `--help`, for a terminal of 100 columns. */
import { SETTINGS } from "./settings.ts";
import { COMMON_FLAGS, type FlagText, SETTINGS_ORDER, UNITS, VERBS, type Verb, type VerbText } from "./verbs.ts";

const COLUMNS = 100;
const FLAG_WIDTH = 26;

/** What there is; each verb has a page of its own. */
export function helpOverview(): string {
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => entry(verb, summary));
  return [
    "ucloud-runner VERB --state-dir DIR [flags] [settings]",
    "",
    ...verbs,
    entry("help VERB", "the same as VERB --help"),
    "",
    ...flagLines(COMMON_FLAGS),
    "",
    ...settingLines(),
  ].join("\n");
}

export function helpFor(verb: Verb): string {
  const { summary, text, flags, exits }: VerbText = VERBS[verb];
  return [
    `ucloud-runner ${verb}: ${summary}.`,
    ...(text === undefined ? [] : wrapped(text, 0)),
    "",
    "Flags:",
    ...flagLines({ ...flags, ...COMMON_FLAGS }),
    "",
    "Exit codes:",
    ...Object.entries(exits).map(([code, meaning]) => entry(code, meaning)),
    "",
    ...settingLines(),
  ].join("\n");
}

function settingLines(): string[] {
  const settings = Object.entries(SETTINGS).map(([name, { value, text, default: usual }]) =>
    entry(flagSyntax(name, value), `${text} (default: ${usual})`),
  );
  return ["Settings:", ...wrapped(SETTINGS_ORDER, 2), ...settings, ...UNITS.flatMap((line) => wrapped(line, 2))];
}

function flagLines(flags: Record<string, FlagText>): string[] {
  return Object.entries(flags).map(([name, { value, text }]) => entry(flagSyntax(name, value), text));
}

export function flagSyntax(name: string, value: string | null): string {
  return value === null ? `--${name}` : `--${name} ${value}`;
}

function entry(head: string, text: string): string {
  const [first = "", ...rest] = wrapped(text, FLAG_WIDTH);
  const begun = `  ${head}`;
  return begun.length < FLAG_WIDTH
    ? [begun.padEnd(FLAG_WIDTH) + first.trimStart(), ...rest].join("\n")
    : [begun, first, ...rest].join("\n");
}

function wrapped(text: string, indent: number): string[] {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < COLUMNS) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(margin + word);
    }
  }
  return lines;
}
