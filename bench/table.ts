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
  /** Null where there is no bar. */
  readonly isMet: boolean | null;
}

const titles = ["work", "entities", "figure", "limit", "ratio", "bar", "met?"];

export function textTable(rows: readonly Row[]): string {
  return textOf([titles, ...rows.map(cellsOf)], isNumeric);
}

export function markdownTable(rows: readonly Row[]): string {
  return markdownOf([titles, ...rows.map(cellsOf)], isNumeric);
}

/** The first line holds the titles. */
type Lines = readonly (readonly string[])[];
type IsNumeric = (column: number) => boolean;

/** Any table for a terminal. */
export function textOf(lines: Lines, isNumber: IsNumeric): string {
  const widths = (lines[0] ?? []).map((_, at) =>
    Math.max(...lines.map((line) => line[at]?.length ?? 0)),
  );
  const padded = (cell: string, at: number) =>
    isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return lines.map((line) => line.map(padded).join("  ").trimEnd()).join("\n");
}

/** Any table for a document. */
export function markdownOf([heads = [], ...lines]: Lines, isNumber: IsNumeric): string {
  const rule = heads.map((_, at) => (isNumber(at) ? "---:" : "---"));
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** `31,200` */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function cellsOf({ work, entities, figure, limit, ratio, bar, isMet }: Row): string[] {
  const share = ratio === null ? "" : ratio.toFixed(2);
  const met = isMet === null ? "" : isMet ? "yes" : "not yet";
  return [work, grouped(entities), figure, limit, share, bar, met];
}

function isNumeric(column: number): boolean {
  return column >= 1 && column <= 4;
}
