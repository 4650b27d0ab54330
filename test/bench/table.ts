/** The results as one table, in the Markdown of docs/performance.md. */
import { isMet, type Line, ratioOf } from "./row.ts";

export type Result = { row: number; lines: Line[]; trouble: string | null };

const HEAD = ["#", "Measure", "Ours", "Floor or peer", "Ratio", "Goal", "Met"];

export function tableOf(results: readonly Result[]): string {
  const rows = results.flatMap(({ row, lines, trouble }) => [
    ...lines.map((line) => cellsOf(row, line)),
    ...(trouble === null ? [] : [[String(row), trouble, "", "", "", "", "not measured"]]),
  ]);
  return [HEAD, HEAD.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf(row: number, line: Line): string[] {
  const { measure, unit, ours, beside } = line;
  const ratio = ratioOf(line);
  const met = isMet(line);
  return [
    String(row),
    measure,
    `${figure(ours)} ${unit}`,
    beside === null ? "" : `${figure(beside.value)} ${unit} (${beside.name})`,
    ratio === null ? "" : ratio.toFixed(2),
    goalOf(line),
    met === null ? "" : met ? "yes" : "**no**",
  ];
}

function goalOf({ goal, beside, unit }: Line): string {
  if (goal === null) {
    return "";
  }
  const [sign, bound] = "atMost" in goal ? ["≤", goal.atMost] : ["≥", goal.atLeast];
  return `${sign} ${bound}${beside === null ? ` ${unit}` : " ×"}`;
}

/** Three digits that count, no more than anybody can repeat. */
function figure(value: number): string {
  return value === 0 || Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
