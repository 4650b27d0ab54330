/** Completion of verbs, flags and settings for bash, zsh and fish. */
import { SETTINGS } from "./settings.ts";
import { COMMON_FLAGS, type FlagText, VERBS, type VerbText } from "./verbs.ts";

const SHARED: Record<string, FlagText> = { ...COMMON_FLAGS, ...SETTINGS };
const FILES = ["FILE", "DIR"];

function flagsOf(verb: VerbText): [string, FlagText][] {
  return Object.entries({ ...verb.flags, ...SHARED });
}

export function bashCompletion(): string {
  const cases = Object.entries(VERBS).map(
    ([verb, text]) =>
      `    ${verb}) words="${flagsOf(text)
        .map(([name]) => `--${name}`)
        .join(" ")}" ;;`,
  );
  const every = new Map(Object.values(VERBS).flatMap(flagsOf));
  const named = (isFile: boolean) =>
    [...every]
      .filter(([, { value }]) => value !== null && FILES.includes(value) === isFile)
      .map(([name]) => `--${name}`)
      .join("|");
  return `# bash completion of ucloud-runner
_ucloud_runner() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words="${Object.keys(VERBS).join(" ")} help"
  case $previous in
    ${named(true)}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${named(false)}) COMPREPLY=(); return ;;
    help) COMPREPLY=($(compgen -W "${Object.keys(VERBS).join(" ")}" -- "$current")); return ;;
  esac
  case \${COMP_WORDS[1]} in
    "$current") [ "$COMP_CWORD" -gt 1 ] && return ;;
${cases.join("\n")}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _ucloud_runner ucloud-runner
`;
}

export function zshCompletion(): string {
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => `'${verb}:${quoted(summary)}'`);
  const cases = Object.entries(VERBS).map(([verb, text]) => {
    const flags = flagsOf(text).map(([name, { value, text: said }]) => {
      const action = value === null ? "" : `:${value}:${FILES.includes(value) ? "_files" : ""}`;
      return `'--${name}[${quoted(said)}]${action}'`;
    });
    return `  ${verb}) _arguments ${flags.join(" ")} ;;`;
  });
  return `#compdef ucloud-runner
local -a verbs=(${verbs.join(" ")})
if (( CURRENT == 2 )); then
  _describe verb verbs
  return
fi
case $words[2] in
${cases.join("\n")}
  help) _describe verb verbs ;;
esac
`;
}

export function fishCompletion(): string {
  const lines = Object.entries(VERBS).flatMap(([verb, text]) => [
    `complete -c ucloud-runner -n __fish_use_subcommand -f -a ${verb} -d '${quoted(text.summary)}'`,
    ...flagsOf(text).map(([name, { value, text: said }]) => {
      const needs = value === null ? "" : FILES.includes(value) ? " -r" : " -x";
      return `complete -c ucloud-runner -n '__fish_seen_subcommand_from ${verb}' -l ${name}${needs} -d '${quoted(said)}'`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

/** Inside single quotes, brackets and colons of the shells. */
function quoted(text: string): string {
  return text.replace(/['[\]:\\]/g, (one) => (one === "'" ? "’" : one === ":" ? "," : " "));
}
