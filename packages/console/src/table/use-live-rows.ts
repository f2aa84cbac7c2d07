/**
 * Keeps the rows of a table true while it is looked at: what others change is put in place and
 * marked, what comes and goes is fetched. Knows the keys of the rows; no drawing.
 */
import type { EntityChange, FollowEvent } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../connection.ts";
import { fetchAnew } from "../fetch-anew.ts";
import type { Row, Wish } from "./use-rows.ts";

/** Changes that come within this time are shown together. */
const gatherMs = 150;
/** How often lists are fetched anew at most. */
const refetchMs = 1_000;
const markedMs = 2_000;
const nothing: ReadonlySet<string> = new Set();

/** How long a list waits for being followed: what is followed first need not be fetched twice. */
const waitMs = 100;
/** How often lists are fetched that may not be followed. */
const unheardMs = 10_000;

interface LiveRows {
  /** Ids of what has just changed, for a moment. */
  readonly marked: ReadonlySet<string>;
  /** Whether rows may be fetched now: as soon as changes are heard, or have been waited for. */
  readonly isReady: boolean;
}

export function useLiveRows(store: string, wish: Wish): LiveRows {
  const queries = useQueryClient();
  const [marked, setMarked] = useState(nothing);
  const [ready, setReady] = useState("");
  const question = JSON.stringify(followable(wish));
  const isPlaced = wish.sortBy.length > 0 || wish.search !== undefined;
  const key = `${store} ${question}`;
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const hearer = new Hearer(queries, store, isPlaced, setMarked);
    const start = () => setReady(key);
    const timer = window.setTimeout(start, waitMs);
    const hear = async () => {
      const asked = JSON.parse(question) as Pick<Wish, "where" | "filter">;
      for await (const event of client.store(store).follow(asked, { signal })) {
        hearer.hear(event);
        start();
      }
    };
    // What is refused here is refused to the table too, which tells it.
    hear().catch(() => {
      if (signal.aborted) return;
      start();
      hearer.lookNowAndThen();
    });
    return () => {
      ending.abort();
      window.clearTimeout(timer);
      hearer.close();
    };
  }, [queries, store, question, isPlaced, key]);
  return { marked, isReady: ready === key };
}

/** What words find is not followed by itself: then every change of the store counts. */
function followable({ where, filter, search }: Wish): Pick<Wish, "where" | "filter"> {
  return search ? {} : { where, filter };
}

class Hearer {
  readonly #queries: QueryClient;
  readonly #store: string;
  readonly #isPlaced: boolean;
  readonly #mark: (ids: ReadonlySet<string>) => void;
  #changes: EntityChange<JsonObject>[] = [];
  #isStale = false;
  #timers: {
    gather?: number | undefined;
    refetch?: number | undefined;
    fade?: number;
    look?: number;
  } = {};

  constructor(
    queries: QueryClient,
    store: string,
    isPlaced: boolean,
    mark: (ids: ReadonlySet<string>) => void,
  ) {
    this.#queries = queries;
    this.#store = store;
    this.#isPlaced = isPlaced;
    this.#mark = mark;
  }

  hear(event: FollowEvent<JsonObject>): void {
    // What is kept was fetched before it was followed, and so was what is on its way.
    if (event.kind === "begun") {
      this.#fetch();
      return;
    }
    if (event.kind === "gap") this.#isStale = true;
    else this.#changes.push(event);
    this.#timers.gather ??= window.setTimeout(() => this.#show(), gatherMs);
  }

  /** For what may not be followed. */
  lookNowAndThen(): void {
    this.#timers.look = window.setInterval(() => this.#fetch(), unheardMs);
  }

  close(): void {
    for (const timer of Object.values(this.#timers)) window.clearTimeout(timer);
  }

  #show(): void {
    this.#timers.gather = undefined;
    const changes = this.#changes.splice(0);
    const changed = new Map<string, Row>();
    for (const { id, entity } of changes) if (entity) changed.set(id, entity);
    const isMoved = changes.some(({ op }) => op !== "update") || this.#isPlaced;
    const queryKey = ["stoa", "rows", this.#store, "page"];
    const isComing = this.#queries.isFetching({ queryKey }) > 0;
    this.#queries.setQueriesData<readonly Row[]>({ queryKey }, (rows) =>
      rows?.map((row) => changed.get(row._id) ?? row),
    );
    this.#mark(new Set(changed.keys()));
    window.clearTimeout(this.#timers.fade);
    this.#timers.fade = window.setTimeout(() => this.#mark(nothing), markedMs);
    if (isMoved || isComing || this.#isStale) this.#refetch();
  }

  #refetch(): void {
    this.#isStale = false;
    this.#timers.refetch ??= window.setTimeout(() => {
      this.#timers.refetch = undefined;
      this.#fetch();
    }, refetchMs);
  }

  #fetch(): void {
    fetchAnew(this.#queries, ["stoa", "rows", this.#store]);
  }
}
