/** `ucloud-runner(8)`, in the language of man pages. */
import { flagSyntax } from "./help.ts";
import { SETTINGS } from "./settings.ts";
import { COMMON_FLAGS, type FlagText, SETTINGS_ORDER, UNITS, VERBS, type VerbText } from "./verbs.ts";

export function manPage(version: string): string {
  const lines = [
    `.TH UCLOUD\\-RUNNER 8 "" "ucloud\\-runner ${version}"`,
    ".SH NAME",
    "ucloud\\-runner \\- runs jobs of a UCloud provider on this machine",
    ".SH SYNOPSIS",
    ".B ucloud\\-runner",
    ".I VERB",
    "[flags] [settings]",
    ".SH VERBS",
    ...Object.entries(VERBS).flatMap(([verb, text]) => verbLines(verb, text)),
    ".SH FLAGS OF EVERY VERB",
    ...flagEntries(COMMON_FLAGS),
    ".SH SETTINGS",
    safe(SETTINGS_ORDER),
    ...Object.entries(SETTINGS).flatMap(([name, { value, text, default: usual }]) =>
      entry(flagSyntax(name, value), `${text} (default: ${usual})`),
    ),
    ...UNITS.flatMap((line) => [".PP", safe(line)]),
    ".SH FILES",
    ...entry("/etc/ucloud-runner/config.json", "settings, where the package is installed"),
    ...entry("/var/lib/ucloud-runner", "the state folder: key, journal, folders of jobs"),
    ".SH SEE ALSO",
    ".BR podman (1),",
    ".BR systemctl (1)",
  ];
  return `${lines.join("\n")}\n`;
}

function verbLines(verb: string, { summary, text, flags, exits }: VerbText): string[] {
  return [
    `.SS ${verb}`,
    safe(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...(text === undefined ? [] : [safe(text)]),
    ...flagEntries(flags),
    ".PP",
    "Exit codes:",
    ...Object.entries(exits).flatMap(([code, meaning]) => entry(code, meaning)),
  ];
}

function flagEntries(flags: Record<string, FlagText>): string[] {
  return Object.entries(flags).flatMap(([name, { value, text }]) => entry(flagSyntax(name, value), text));
}

function entry(head: string, text: string): string[] {
  return [".TP", `.B ${safe(head)}`, safe(text)];
}

/** A hyphen that can be copied, and nothing that is a command to the typesetter. */
function safe(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("×", "\\(mu")
    .replace(/^(?=[.'])/, "\\&");
}
