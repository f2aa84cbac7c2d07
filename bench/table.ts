/**
 * The rows of the bench, as a table for a terminal and for a document. Measures nothing.
 */

export interface Row {
  readonly work: string;
  readonly entities: number;
  /** `"31,200/s"` */
  readonly figure: string;
  /** What it is held against: `"44,100/s"`; `""` for an absolute bar. */
  readonly limit: string;
  readonly ratio: number | null;
  /** `">= 0.70"` */
  readonly bar: string;
  readonly isMet: boolean;
}

const titles = ["work", "entities", "figure", "limit", "ratio", "bar", "met?"];

export function textTable(rows: readonly Row[]): string {
  const lines = [titles, ...rows.map(cellsOf)];
  const widths = titles.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, at) => padded(cell, widths[at] ?? 0, at))
      .join("  ")
      .trimEnd();
  return lines.map(lineOf).join("\n");
}

export function markdownTable(rows: readonly Row[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = titles.map((_, at) => (isNumeric(at) ? "---:" : "---"));
  return [titles, rule, ...rows.map(cellsOf)].map(lineOf).join("\n");
}

/** `31,200` */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function cellsOf({ work, entities, figure, limit, ratio, bar, isMet }: Row): string[] {
  const share = ratio === null ? "" : ratio.toFixed(2);
  return [work, grouped(entities), figure, limit, share, bar, isMet ? "yes" : "not yet"];
}

function isNumeric(column: number): boolean {
  return column >= 1 && column <= 4;
}

function padded(cell: string, width: number, column: number): string {
  return isNumeric(column) ? cell.padStart(width) : cell.padEnd(width);
}
