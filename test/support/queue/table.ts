/** A table written as a table: one case for each cell that is not in the first row or column. */
export type Cell = { row: string; column: string; expected: string };

export function cellsOf(table: string): Cell[] {
  const [head = [], ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.flatMap(([row = "", ...cells]) =>
    cells.map((expected, index) => ({ row, column: head[index + 1] ?? "", expected })),
  );
}
