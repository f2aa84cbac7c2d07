/**
 * What a way to the server must carry: one request and its answer. Knows no store and no route by
 * its meaning.
 */
import type { Json, OrderKey } from "@stoa/domain";
import type { Consistency } from "./consistency.ts";

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How fresh what is read must be; else as the client was made to ask. */
  readonly consistency?: Consistency | undefined;
}

export interface Request extends CallOptions {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE" | "LOOKUP";
  readonly api: "entity" | "reference";
  /** Segments as they are: `["cities", "58238a935baa56173b24f0e4"]`. */
  readonly path: readonly string[];
  /** Parameters, encoded: `"limit=2&where.country=%22NL%22"`. */
  readonly query?: string;
  readonly body?: Json | undefined;
  /** Instead of `body`, a file that is no JSON of the API; over HTTP alone. */
  readonly content?: { readonly type: string; readonly text: string };
  /** The body is a list of operations (RFC 6902). */
  readonly isJsonPatch?: boolean;
  /** ETags of which one must be the present version's. */
  readonly ifMatch?: readonly string[] | null | undefined;
  /** What is asked for under it is done once, however often it is asked. */
  readonly idempotencyKey?: string | undefined;
  /** For a page of a list. */
  readonly list?: ListPart;
}

export interface ListPart {
  /** What its cursor is made of; null where only the server can make it. */
  readonly order: readonly OrderKey[] | null;
  readonly limit: number;
}

/** The texts of entities and of lists come as they are kept, without `success`. */
export interface Answer {
  readonly text: string;
  readonly value: Json;
  /** The elements of a list, as texts. */
  readonly texts: readonly string[];
  /** The version, for If-Match: `"417.3"`; null where there is none. */
  readonly etag: string | null;
  /** Of a full page, the cursor behind its last entity: `["Delft","5823.."]`; else null. */
  readonly next: string | null;
}

export interface Transport {
  /** Errors: StoaError as the server refused, `unavailable` where it was not reached. */
  send(request: Request): Promise<Answer>;
}

/** Whether doing it twice is doing it once. */
export function isRepeatable(request: Request): boolean {
  return isReading(request) || request.idempotencyKey !== undefined;
}

export function isReading({ method }: Pick<Request, "method">): boolean {
  return method === "GET" || method === "LOOKUP";
}
