/**
 * The rows of a table, fetched by pages as they come into sight and kept while the query stays the
 * same.
 */
import type { Choice, Entity, ListQuery } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { client } from "../connection.ts";

export type Row = Entity<JsonObject>;

/** What a table shows: which entities, in which order. */
export interface Wish extends Choice {
  readonly sortBy: readonly string[];
}

const pageRows = 100;
const freshMs = 30_000;

/** How many entities fit; the figure before stays until the new one is there. */
export function useTotal(store: string, { sortBy: _, ...choice }: Wish, isReady: boolean) {
  return useQuery({
    queryKey: ["stoa", "rows", store, "total", choice],
    queryFn: ({ signal }) => client.store(store).count(choice, { signal }),
    placeholderData: keepPreviousData,
    staleTime: freshMs,
    enabled: isReady,
  });
}

/** Rows `first` to `end` (not included). */
interface Sight {
  readonly first: number;
  readonly end: number;
  readonly isReady: boolean;
}

/** Rows by their index; undefined while on the way. */
export function useRows(store: string, wish: Wish, { first, end, isReady }: Sight) {
  const from = Math.floor(first / pageRows);
  const count = Math.max(0, Math.ceil(end / pageRows) - from);
  return useQueries({
    queries: Array.from({ length: count }, (_, at) => ({
      ...pageQuery(store, wish, from + at),
      enabled: isReady,
    })),
    combine: useCallback(
      (results: { data?: readonly Row[] | undefined; error: unknown }[]) => ({
        rowAt: (index: number) =>
          results[Math.floor(index / pageRows) - from]?.data?.[index % pageRows],
        error: results.find(({ error }) => error !== null)?.error ?? null,
      }),
      [from],
    ),
  });
}

function pageQuery(store: string, wish: Wish, page: number) {
  const query: ListQuery = { ...wish, limit: pageRows, offset: page * pageRows };
  return {
    queryKey: ["stoa", "rows", store, "page", wish, page],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<readonly Row[]> =>
      (await client.store(store).page(query, { signal })).entities,
    staleTime: freshMs,
  };
}
