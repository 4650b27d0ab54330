/**
 * UCloud's text macros, `{- name("a", "b") -}`: words of other providers (software modules of Slurm, for instance) that
 * are replaced before the template is rendered. Here none is known, and each leaves a comment line in the script.
 *
 * UCloud's own provider also sees one inside `{{- name -}}`, and destroys that tag; here a tag is a tag.
 */
import { inTemplateText } from "./quote.ts";

const MACRO = /\{- ([^-{}()]*)(?:\([^)]*\))? -\}/g;

/** As an expression of the same number of lines, so that the lines of errors stay true. */
export function replaceMacros(plain: string): string {
  return plain.replace(MACRO, (macro, name: string) => {
    // A comment ends with its line: a name of several would be run.
    const comment = `\n# unknown function ${name.replace(/\s+/g, " ").trim()}\n`;
    const lines = macro.split("\n").length - 1;
    return `{{ ${inTemplateText(comment)}|safe${"\n".repeat(lines)} }}`;
  });
}
