/**
 * Changes asked for once, a page at a time, over HTTP: for what comes by now and then. Knows that
 * route; what follows all the time is `follow.ts`.
 */
import type { JsonObject } from "@stoa/domain";
import type { EntityChange } from "./follow.ts";
import { parameter } from "./list-query.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface ChangesQuery {
  /** All stores that one may read, but not the system's own, where none is named. */
  readonly store?: string;
  /** `next` of the last page that one has; 0 for the beginning of what is kept. */
  readonly since?: number;
  /** Changes in one page: 1 to 10,000, which is 1,000 where nothing is said. */
  readonly limit?: number;
}

export interface ChangesPage<T> {
  readonly changes: readonly Omit<EntityChange<T>, "kind">[];
  /** Give it as `since` another time. */
  readonly next: number;
  /** What lies before `next` cannot be told in full: fetch what there is. */
  readonly gap: boolean;
}

/** Page after page up to now; ends where nothing more has happened. */
export async function* changePages<T = JsonObject>(
  transport: Transport,
  { store, since = 0, limit }: ChangesQuery,
  { signal }: CallOptions,
): AsyncGenerator<ChangesPage<T>> {
  for (let next = since; ; ) {
    const query = [
      ...(store === undefined ? [] : [parameter("store", store)]),
      ...(limit === undefined ? [] : [`limit=${limit}`]),
      `since=${next}`,
    ].join("&");
    const request = { method: "GET", api: "entity", path: ["changes"], query, signal } as const;
    const { value } = await transport.send(request);
    const page = value as unknown as Omit<ChangesPage<T>, "gap"> & { gap?: true };
    const gap = page.gap === true;
    if (page.changes.length > 0 || gap) yield { changes: page.changes, next: page.next, gap };
    if (page.next === next) return;
    next = page.next;
  }
}
