/**
 * Work that takes a while and tells how far it is: files of rows into a store, the sample, copies
 * of the database. Knows those routes; no store by its meaning.
 */
import type { JsonObject, Violation } from "@stoa/domain";
import type { HttpTransport } from "./http-transport.ts";
import { type ImportFormat, type ImportPart, importParts } from "./import-parts.ts";
import type { CallOptions, Request, Transport } from "./transport.ts";

export interface ImportQuestion {
  readonly format: ImportFormat;
  /** Of CSV; a comma where nothing is said. */
  readonly delimiter?: "," | ";" | "|" | "tab" | undefined;
  /** A row with an `_id` that is there changes it. */
  readonly upsert?: boolean | undefined;
}

/** A row that was not taken; the first one of a file is 1. */
export interface RefusedRow {
  readonly kind: "error";
  readonly row: number;
  readonly code: string;
  readonly message: string;
  readonly details?: readonly Violation[];
}

export interface ImportProgress {
  /** `end` once, for the whole file. */
  readonly kind: "progress" | "end";
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: number;
  /** How much of the file is behind it. */
  readonly bytes: number;
  readonly total: number;
}

/** What a row would come to: the entity, or why not. */
export interface PreviewRow {
  readonly row: number;
  readonly entity: JsonObject | null;
  readonly error?: Omit<RefusedRow, "kind" | "row">;
}

/** Counted in entities; `done` holds what was there before. */
export interface SampleProgress {
  readonly kind: "progress" | "end";
  readonly total: number;
  readonly done: number;
  readonly created: number;
}

/** `{name: "stoa-20261122T041819123Z.db", time: 1795321099123, bytes: 52428800}` */
export interface Backup {
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly bytes: number;
}

export type BackupProgress =
  | { readonly kind: "progress"; readonly bytes: number; readonly total: number }
  | { readonly kind: "end"; readonly backup: Backup };

/** Leaving a loop over any of these gives the work up; what was told is kept. */
export class Jobs {
  readonly #transport: Transport;
  readonly #http: HttpTransport;

  constructor(transport: Transport, http: HttpTransport) {
    this.#transport = transport;
    this.#http = http;
  }

  /**
   * Rows of a file into a store: each refused row is told, and the progress. Goes out in parts, so
   * what ends it in the middle leaves what was told before.
   */
  async *import(
    store: string,
    file: Blob,
    question: ImportQuestion,
    options: CallOptions = {},
  ): AsyncGenerator<RefusedRow | ImportProgress> {
    const total = file.size;
    let before = { rows: 0, created: 0, updated: 0, failed: 0, bytes: 0 };
    for await (const part of importParts(file, question.format, partCharacters)) {
      let last = before;
      for await (const told of this.#http.lines(importRequest(store, part, question, options))) {
        const event = told as unknown as RefusedRow | ImportProgress;
        if (event.kind === "error") yield { ...event, row: before.rows + event.row };
        else {
          const bytes = event.kind === "end" ? part.bytes : before.bytes;
          last = sum(before, event, bytes);
          yield { kind: "progress", ...last, total };
        }
      }
      before = last;
    }
    yield { kind: "end", ...before, total };
  }

  /** What the first rows would come to, at most `limit` of them; nothing is kept. */
  async preview(
    store: string,
    file: Blob,
    { limit = 20, ...question }: ImportQuestion & { readonly limit?: number },
    { signal }: CallOptions = {},
  ): Promise<readonly PreviewRow[]> {
    for await (const part of importParts(file, question.format, partCharacters)) {
      const request = importRequest(store, part, question, { signal });
      const query = [request.query, "dry=1", `limit=${limit}`].filter(Boolean).join("&");
      const { value } = await this.#http.send({ ...request, query });
      return (value as unknown as { rows: PreviewRow[] }).rows;
    }
    return [];
  }

  /** A store `cities` with the cities of the world, or the first so many; goes on from a stop. */
  sample(
    name: "cities",
    { limit, ...options }: CallOptions & { readonly limit?: number | undefined } = {},
  ): AsyncGenerator<SampleProgress> {
    const body = { name, ...(limit !== undefined && { limit }) };
    return this.#lines({ path: ["sample"], body, ...options });
  }

  /** The newest first; `most` is how many there may be. */
  async backups(options: CallOptions = {}): Promise<{ backups: readonly Backup[]; most: number }> {
    const request = { method: "GET", api: "entity", path: ["backups"], ...options } as const;
    return (await this.#transport.send(request)).value as never;
  }

  /** A copy of the whole database, as of now. */
  makeBackup(options: CallOptions = {}): AsyncGenerator<BackupProgress> {
    return this.#lines({ path: ["backups"], ...options });
  }

  async removeBackup(name: string, options: CallOptions = {}): Promise<void> {
    const path = ["backups", name];
    await this.#transport.send({ method: "DELETE", api: "entity", path, ...options });
  }

  #lines<T>(request: Pick<Request, "path" | "body" | "signal">): AsyncGenerator<T> {
    const lines = this.#http.lines({ method: "POST", api: "entity", ...request });
    return lines as unknown as AsyncGenerator<T>;
  }
}

/** About a second of work for the server. */
const partCharacters = 1_000_000;

function importRequest(
  store: string,
  { text, type }: ImportPart,
  { delimiter, upsert }: ImportQuestion,
  { signal }: CallOptions,
): Request {
  const query = [
    ...(delimiter && type === "text/csv" ? [`delimiter=${encodeURIComponent(delimiter)}`] : []),
    ...(upsert ? ["upsert=1"] : []),
  ].join("&");
  const content = { type, text };
  return { method: "POST", api: "entity", path: [store, "import"], query, content, signal };
}

type Counts = Omit<ImportProgress, "kind" | "total">;

function sum(before: Counts, told: Counts, bytes: number): Counts {
  return {
    rows: before.rows + told.rows,
    created: before.created + told.created,
    updated: before.updated + told.updated,
    failed: before.failed + told.failed,
    bytes,
  };
}
