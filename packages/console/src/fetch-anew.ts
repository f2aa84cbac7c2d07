/**
 * Fetching again what is kept, when it was heard that it may be old. Knows keys; not what they
 * stand for.
 */
import type { QueryClient } from "@tanstack/react-query";

/**
 * What is on its way under the key may have been read before what was heard, and is what is kept
 * once it arrives: so it is let arrive, and fetched again then.
 */
export function fetchAnew(queries: QueryClient, queryKey: readonly string[]): void {
  const cache = queries.getQueryCache();
  const underWay = cache.findAll({ queryKey, fetchStatus: "fetching" });
  void queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (underWay.length === 0) return;
  const left = new Set(underWay);
  const deaf = cache.subscribe(({ query }) => {
    if (!left.has(query) || query.state.fetchStatus === "fetching") return;
    left.delete(query);
    if (left.size === 0) deaf();
    void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
  });
}
