/**
 * Keeps the stores of the menu and their counts true: what is told is counted again, a moment
 * later, and where much happens at once it is not listened to for a while. Knows no drawing.
 */
import { StoaError } from "@stoa/client";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "../connection.ts";
import { fetchAnew } from "../fetch-anew.ts";

/** How often a store is counted at most. */
const gatherMs = 1_000;
/** More events than this between two counts are not worth being sent: an import, say. */
const toldMax = 500;
const restMs = 10_000;
/** The least of an entity: that something happened to it is all that counts. */
const only = ["_id"];

export function useLiveCounts(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const ending = new AbortController();
    void hearCounts(queries, ending.signal);
    // Who may not follow definitions may not read them either.
    hearStores(queries, ending.signal).catch(() => undefined);
    return () => ending.abort();
  }, [queries]);
}

async function hearStores(queries: QueryClient, signal: AbortSignal): Promise<void> {
  for await (const _ of client.store("stores").follow({ only }, { signal })) {
    fetchAnew(queries, ["stoa", "stores"]);
  }
}

async function hearCounts(queries: QueryClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await hearUntilTooMuch(queries, signal);
    } catch (error) {
      if (error instanceof StoaError && error.code === "unauthorized") return;
    }
    await new Promise((resolve) => window.setTimeout(resolve, restMs));
  }
}

async function hearUntilTooMuch(queries: QueryClient, signal: AbortSignal): Promise<void> {
  const changed = new Set<string>();
  let told = 0;
  let timer: number | undefined;
  const count = () => {
    for (const store of changed) fetchAnew(queries, ["stoa", "count", store]);
    changed.clear();
    told = 0;
    timer = undefined;
  };
  try {
    for await (const event of client.follow({ only, signal })) {
      if (event.kind !== "change") fetchAnew(queries, ["stoa", "count"]);
      else if (event.op !== "update") changed.add(event.store);
      timer ??= window.setTimeout(count, gatherMs);
      told++;
      if (told > toldMax) return;
    }
  } finally {
    window.clearTimeout(timer);
    count();
  }
}
