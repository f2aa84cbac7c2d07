/**
 * How a list is laid out on the wire: the lines of JSON that it is by itself, NDJSON, or CSV. Knows
 * texts of entities; nothing of queries.
 */
import {
  isJsonObject,
  type Json,
  type JsonObject,
  ownValue,
  type Page,
  type Path,
  pathText,
  systemFields,
  textPage,
  violation,
} from "@stoa/domain";
import { ndjsonType } from "../progress-stream.ts";
import { parameterRecord } from "../query-string.ts";
import { csvCell } from "./csv-cell.ts";
import type { ListLayout } from "./list-stream.ts";
import { textPathsOf } from "./text-paths.ts";

export type ListFormat = "json" | "ndjson" | "csv";

/** Those that are files, with their types. */
export const formats: Readonly<
  Record<Exclude<ListFormat, "json">, { contentType: string; layout: ListLayout }>
> = {
  ndjson: { contentType: ndjsonType, layout: linesOf("\n") },
  csv: { contentType: "text/csv; charset=utf-8; header=present", layout: linesOf("\r\n") },
};

function linesOf(end: string): ListLayout {
  const [nothing, separator] = [Buffer.alloc(0), Buffer.from(end)];
  return { opening: nothing, separator, closing: separator, emptyClosing: nothing };
}

/** By `format=`, else by a type that is named in Accept. Errors: `validation`. */
export function formatOf(query: string, accept: string | undefined): ListFormat {
  const format = query.includes("format") ? parameterRecord(query)["format"] : undefined;
  if (format !== undefined) {
    if (format === "json" || Object.hasOwn(formats, format)) return format as ListFormat;
    throw violation("format", "enum", "must be json, ndjson or csv");
  }
  if (accept === undefined || accept === "*/*") return "json";
  const named = accept.split(",").map((part) => part.split(";", 1)[0]?.trim().toLowerCase());
  if (named.includes("text/csv")) return "csv";
  return named.includes("application/x-ndjson") ? "ndjson" : "json";
}

export interface CsvColumns {
  /** What was asked for; null for all there is. */
  readonly only: readonly Path[] | null;
  /** Of the store, or null. */
  readonly schema: JsonObject | null;
}

/**
 * The list as rows of CSV, the header first. Where all is asked for, the columns are the system
 * fields, those of the schema and those of the first page; if there is more than that page, a
 * last column `_more` holds the fields that are in none of them, as JSON.
 */
export async function* csvPages(
  pages: AsyncIterable<Page>,
  { only, schema }: CsvColumns,
): AsyncGenerator<Page> {
  const source = pages[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    const second = first.done === true ? first : await source.next();
    const texts = first.done === true ? [] : first.value.texts;
    const columns = only ? chosenColumns(only) : columnsOf(texts, schema);
    const hasMore = !only && second.done !== true;
    const paths = textPathsOf(schema);
    const row = (text: string) =>
      rowOf(JSON.parse(text) as JsonObject, { columns, paths, hasMore });
    const names = [...columns.map(pathText), ...(hasMore ? [moreColumn] : [])];
    yield textPage([names.map((name) => csvCell(name, true)).join(",")], null);
    for (let step = first, next = second; step.done !== true; ) {
      const { texts: entities, cursor } = step.value;
      yield textPage(entities.map(row), cursor);
      step = next;
      next = step.done === true ? step : await source.next();
    }
  } finally {
    await source.return?.();
  }
}

/** The column of what is in none of the others. */
export const moreColumn = "_more";

interface Row {
  readonly columns: readonly Path[];
  readonly paths: ReadonlySet<string>;
  readonly hasMore: boolean;
}

function rowOf(entity: JsonObject, { columns, paths, hasMore }: Row): string {
  const cells = columns.map((path) => csvCell(valueAt(entity, path), paths.has(pathText(path))));
  if (!hasMore) return cells.join(",");
  const shown = new Set(columns.map(([name]) => name));
  const rest = Object.entries(entity).filter(([name]) => !shown.has(name) && name !== "branch");
  const more = rest.length > 0 ? csvCell(Object.fromEntries(rest) as Json, false) : "";
  return [...cells, more].join(",");
}

/** Through lists too, as `only` goes: `tags.name` is the list of the names. */
function valueAt(value: Json, path: Path): Json | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(value)) {
    return value.flatMap((element: Json) => valueAt(element, path) ?? []);
  }
  const inner = isJsonObject(value) ? ownValue(value, name) : undefined;
  return inner === undefined ? undefined : valueAt(inner, rest);
}

function chosenColumns(only: readonly Path[]): readonly Path[] {
  const isId = ([name]: Path) => name === "_id";
  return [["_id"], ...only.filter((path) => !isId(path))];
}

function columnsOf(texts: readonly string[], schema: JsonObject | null): readonly Path[] {
  const names = new Set([...systemFields].filter((name) => name !== "branch"));
  const properties = schema && ownValue(schema, "properties");
  if (isJsonObject(properties)) for (const name of Object.keys(properties)) names.add(name);
  for (const text of texts) {
    for (const name of Object.keys(JSON.parse(text) as JsonObject)) names.add(name);
  }
  names.delete("branch");
  return [...names].map((name) => [name]);
}
