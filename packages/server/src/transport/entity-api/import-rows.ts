/**
 * Bodies of imports as rows, a row at a time: NDJSON, a JSON array, CSV with a header. A row that
 * cannot be read is an error of its own; what cannot be read on ends the rest. Knows no store.
 */
import { Readable } from "node:stream";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  limit,
  type Path,
  parseJson,
  parsePath,
  pathText,
  StoaError,
  setOwn,
  violation,
} from "@stoa/domain";
import { type CsvError, parse } from "csv-parse";
import type { ImportRow } from "../../service/services.ts";
import { bodyViolation } from "../request-body.ts";
import { cellValue } from "./csv-cell.ts";
import { jsonElements } from "./json-elements.ts";
import { moreColumn } from "./list-layout.ts";

export type ImportFormat = "ndjson" | "json" | "csv";

export interface RowsOptions {
  readonly format: ImportFormat;
  /** Of CSV. */
  readonly delimiter: string;
  /** Dotted paths of fields that hold texts alone. */
  readonly textPaths: ReadonlySet<string>;
}

/** Errors: `validation` for bad UTF-8, `too_large` for a row over `bodyBytesMax`. */
export function importRows(
  bytes: AsyncIterable<Uint8Array>,
  options: RowsOptions,
): AsyncGenerator<ImportRow> {
  const texts = decoded(bytes);
  switch (options.format) {
    case "ndjson":
      return jsonRows(lines(texts));
    case "json":
      return jsonRows(jsonElements(texts));
    case "csv":
      return csvRows(texts, options);
    default:
      return options.format satisfies never;
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new StoaError("validation", "the body must be UTF-8", {
        details: [{ path: "", rule: "encoding", message: "must be UTF-8" }],
        cause,
      });
    }
  };
  for await (const chunk of bytes) yield decode(chunk);
  yield decode();
}

/** Lines that are not empty. */
async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of texts) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > limit.bodyBytesMax) throw tooLarge();
    for (const line of parts) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}

async function* jsonRows(texts: AsyncIterable<string>): AsyncGenerator<ImportRow> {
  let row = 0;
  for await (const text of texts) {
    row++;
    yield rowOf(row, text.length, () => {
      const value = parseJson(text);
      if (isJsonObject(value)) return value;
      throw bodyViolation("type", "must be a JSON object");
    });
  }
}

async function* csvRows(
  texts: AsyncIterable<string>,
  { delimiter, textPaths }: RowsOptions,
): AsyncGenerator<ImportRow> {
  const parser = parse({
    delimiter,
    skip_empty_lines: true,
    cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
    // How many cells a row has is said by row.
    relax_column_count: true,
    max_record_size: limit.bodyBytesMax,
  });
  const source = Readable.from(texts);
  source.on("error", (cause) => parser.destroy(cause));
  let columns: readonly Column[] | undefined;
  let row = 0;
  try {
    for await (const cells of source.pipe(parser) as AsyncIterable<Cell[]>) {
      if (!columns) {
        columns = columnsOf(cells, textPaths);
        continue;
      }
      row++;
      const known = columns;
      const characters = cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
      yield rowOf(row, characters, () => objectOf(known, cells));
    }
  } catch (cause) {
    throw csvFault(cause, row + 1);
  } finally {
    source.destroy();
  }
}

/** Null for an empty one that has no quotes. */
type Cell = string | null;

interface Column {
  readonly path: Path;
  readonly isText: boolean;
  readonly isMore: boolean;
}

/** Errors: `validation` for a header without names, with one twice, or with no path. */
function columnsOf(cells: readonly Cell[], textPaths: ReadonlySet<string>): Column[] {
  const names = cells.map((cell) => String(cellValue(cell, true) ?? "").trim());
  if (new Set(names).size < names.length) {
    throw violation("header", "uniqueItems", "the first row must name each column once");
  }
  return names.map((name) => {
    if (name === "") throw violation("header", "required", "each column needs a name");
    const path = parsePath(name);
    return { path, isText: textPaths.has(pathText(path)), isMore: name === moreColumn };
  });
}

function objectOf(columns: readonly Column[], cells: readonly Cell[]): JsonObject {
  if (cells.length > columns.length) {
    throw bodyViolation("columns", `has ${cells.length} cells, the header ${columns.length}`);
  }
  const object: Mutable = {};
  for (const [index, { path, isText, isMore }] of columns.entries()) {
    const value = cellValue(cells[index] ?? null, isText);
    if (value === undefined) continue;
    if (!isMore) setAt(object, path, value);
    else if (isJsonObject(value))
      for (const [name, one] of Object.entries(value)) setOwn(object, name, one);
    else throw violation(moreColumn, "type", "must be a JSON object");
  }
  return object;
}

type Mutable = Record<string, Json>;

/** Errors: `validation` where something else stands on the way. */
function setAt(object: Mutable, path: Path, value: Json): void {
  let at = object;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(at, name) ? at[name] : undefined;
    if (inner !== undefined && !isJsonObject(inner)) {
      throw violation(pathText(path), "columns", `"${name}" is a column of its own`);
    }
    const next = (inner ?? {}) as Mutable;
    if (inner === undefined) setOwn<Json>(at, name, next);
    at = next;
  }
  setOwn(at, path.at(-1) ?? "", value);
}

function rowOf(row: number, bytes: number, read: () => JsonObject): ImportRow {
  try {
    return { row, bytes, value: read(), error: null };
  } catch (error) {
    if (!(error instanceof StoaError)) throw error;
    return { row, bytes, value: null, error };
  }
}

/** The parser's own errors, such as a quote that is not closed. */
function csvFault(cause: unknown, row: number): unknown {
  const code = (cause as Partial<CsvError> | null)?.code;
  if (typeof code !== "string" || !code.startsWith("CSV_")) return cause;
  if (code === "CSV_MAX_RECORD_SIZE") return tooLarge();
  return bodyViolation("csv", `row ${row} is no CSV, nor what follows it`);
}

function tooLarge(): StoaError {
  return new StoaError("too_large", `A row has at most ${limit.bodyBytesMax} bytes.`);
}
