/**
 * Keeps the rows of a table true while it is looked at: what others change is put in place and
 * marked, what comes and goes is fetched. Knows the keys of the rows; no drawing.
 */
import type { EntityChange, FollowEvent } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../connection.ts";
import type { Row, Wish } from "./use-rows.ts";

/** Changes that come within this time are shown together. */
const gatherMs = 150;
/** How often lists and counts are fetched anew at most. */
const refetchMs = 1_000;
const markedMs = 2_000;
const nothing: ReadonlySet<string> = new Set();

/** Ids of what has just changed, for a moment. */
export function useLiveRows(store: string, wish: Wish): ReadonlySet<string> {
  const queries = useQueryClient();
  const [marked, setMarked] = useState(nothing);
  const question = JSON.stringify(followable(wish));
  const isSorted = wish.sortBy.length > 0;
  useEffect(() => {
    const ending = new AbortController();
    const hearer = new Hearer(queries, store, isSorted, setMarked);
    const hear = async () => {
      const options = { signal: ending.signal };
      const asked = JSON.parse(question) as Pick<Wish, "where" | "filter">;
      for await (const event of client.store(store).follow(asked, options)) hearer.hear(event);
    };
    // What is refused here is refused to the table too, which tells it.
    hear().catch(() => undefined);
    return () => {
      ending.abort();
      hearer.close();
    };
  }, [queries, store, question, isSorted]);
  return marked;
}

/** What words find is not followed by itself: then every change of the store counts. */
function followable({ where, filter, search }: Wish): Pick<Wish, "where" | "filter"> {
  return search ? {} : { where, filter };
}

class Hearer {
  readonly #queries: QueryClient;
  readonly #store: string;
  readonly #isSorted: boolean;
  readonly #mark: (ids: ReadonlySet<string>) => void;
  #changes: EntityChange<JsonObject>[] = [];
  #isStale = false;
  #timers: { gather?: number | undefined; refetch?: number | undefined; fade?: number } = {};

  constructor(
    queries: QueryClient,
    store: string,
    isSorted: boolean,
    mark: (ids: ReadonlySet<string>) => void,
  ) {
    this.#queries = queries;
    this.#store = store;
    this.#isSorted = isSorted;
    this.#mark = mark;
  }

  hear(event: FollowEvent<JsonObject>): void {
    if (event.kind === "begun") return;
    if (event.kind === "gap") this.#isStale = true;
    else this.#changes.push(event);
    this.#timers.gather ??= window.setTimeout(() => this.#show(), gatherMs);
  }

  close(): void {
    for (const timer of Object.values(this.#timers)) window.clearTimeout(timer);
  }

  #show(): void {
    this.#timers.gather = undefined;
    const changes = this.#changes.splice(0);
    const changed = new Map<string, Row>();
    for (const { id, entity } of changes) if (entity) changed.set(id, entity);
    const isMoved = changes.some(({ op }) => op !== "update") || this.#isSorted;
    this.#queries.setQueriesData<readonly Row[]>(
      { queryKey: ["stoa", "rows", this.#store, "page"] },
      (rows) => rows?.map((row) => changed.get(row._id) ?? row),
    );
    this.#mark(new Set(changed.keys()));
    window.clearTimeout(this.#timers.fade);
    this.#timers.fade = window.setTimeout(() => this.#mark(nothing), markedMs);
    if (isMoved || this.#isStale) this.#refetch();
  }

  #refetch(): void {
    this.#isStale = false;
    this.#timers.refetch ??= window.setTimeout(() => {
      this.#timers.refetch = undefined;
      void this.#queries.invalidateQueries({ queryKey: ["stoa", "rows", this.#store] });
      void this.#queries.invalidateQueries({ queryKey: ["stoa", "count", this.#store] });
    }, refetchMs);
  }
}
