/**
 * A file of rows as parts that are files of their own, so that a long one goes out piece by piece
 * and it can be told how far it is. Knows where a row of each format ends; no request.
 */
import { type Json, StoaError } from "@stoa/domain";

export type ImportFormat = "csv" | "ndjson" | "json";

export interface ImportPart {
  readonly text: string;
  readonly type: "text/csv" | "application/x-ndjson" | "application/json";
  /** How much of the file lies before the end of this part. */
  readonly bytes: number;
}

/**
 * @param characters how long a part is at least, but for the last one.
 * Errors: `validation` for a JSON file that is not JSON.
 */
export async function* importParts(
  file: Blob,
  format: ImportFormat,
  characters: number,
): AsyncGenerator<ImportPart> {
  if (format === "json") return yield* elementParts(file, characters);
  const isCsv = format === "csv";
  const type = isCsv ? "text/csv" : "application/x-ndjson";
  const rows = new RowEnds(isCsv);
  let header: string | null = isCsv ? null : "";
  let bytes = 0;
  for await (const { text, size } of textsOf(file)) {
    rows.add(text);
    bytes += size;
    if (rows.length < characters && bytes < file.size) continue;
    const isFirst = header === null;
    header ??= rows.firstRow;
    const part = bytes < file.size ? rows.takeWhole() : rows.takeAll();
    if (part !== "") yield { text: isFirst ? part : header + part, type, bytes };
    else if (isFirst) header = null;
  }
}

/** What has been read and not been taken, and where the last whole row of it ends. */
class RowEnds {
  readonly #isCsv: boolean;
  #text = "";
  #isQuoted = false;
  #firstEnd = 0;
  #lastEnd = 0;

  constructor(isCsv: boolean) {
    this.#isCsv = isCsv;
  }

  get length(): number {
    return this.#text.length;
  }

  /** With its line end; what is there where no row has ended. */
  get firstRow(): string {
    return this.#firstEnd > 0 ? this.#text.slice(0, this.#firstEnd) : this.#text;
  }

  add(text: string): void {
    const from = this.#text.length;
    this.#text += text;
    for (let at = from; at < this.#text.length; at++) {
      const sign = this.#text[at];
      // A quote within quotes is doubled, so that it turns twice.
      if (sign === '"' && this.#isCsv) this.#isQuoted = !this.#isQuoted;
      if (sign !== "\n" || this.#isQuoted) continue;
      this.#lastEnd = at + 1;
      if (this.#firstEnd === 0) this.#firstEnd = at + 1;
    }
  }

  takeWhole(): string {
    const whole = this.#text.slice(0, this.#lastEnd);
    this.#text = this.#text.slice(this.#lastEnd);
    this.#lastEnd = 0;
    this.#firstEnd = 0;
    return whole;
  }

  takeAll(): string {
    const all = this.#text;
    this.#text = "";
    return all;
  }
}

/** A list of objects as lines, some at a time; anything else as it is, for the server to judge. */
async function* elementParts(file: Blob, characters: number): AsyncGenerator<ImportPart> {
  const text = await file.text();
  const value = parsed(text);
  if (!Array.isArray(value)) {
    yield { text, type: "application/json", bytes: file.size };
    return;
  }
  let lines = "";
  for (const [index, element] of value.entries()) {
    lines += `${JSON.stringify(element)}\n`;
    const isLast = index === value.length - 1;
    if (lines.length < characters && !isLast) continue;
    const bytes = Math.round((file.size * (index + 1)) / value.length);
    yield { text: lines, type: "application/x-ndjson", bytes };
    lines = "";
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new StoaError("validation", "The file is not complete JSON.", { cause });
  }
}

async function* textsOf(file: Blob): AsyncGenerator<{ text: string; size: number }> {
  const decoder = new TextDecoder();
  for (let at = 0; at < file.size; at += pieceBytes) {
    const bytes = await file.slice(at, at + pieceBytes).arrayBuffer();
    yield { text: decoder.decode(bytes, { stream: true }), size: bytes.byteLength };
  }
}

/** Read at a time, so that no file is in memory as a whole. */
const pieceBytes = 262_144;
