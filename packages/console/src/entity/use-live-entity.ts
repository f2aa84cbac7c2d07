/**
 * Keeps an open entity true: what others change is fetched with its version, and it is told when
 * it is gone. Knows no form.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../connection.ts";
import { fetchAnew } from "../fetch-anew.ts";

/** Whether it was removed, or went out of view, while it was open. */
export function useLiveEntity(store: string, id: string | null): boolean {
  const queries = useQueryClient();
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    if (id === null) return;
    const ending = new AbortController();
    const look = () => {
      fetchAnew(queries, ["stoa", "entity", store, id]);
      fetchAnew(queries, ["stoa", "history", store, id]);
    };
    const hear = async () => {
      const question = { where: { _id: id }, only: ["_id"] };
      const options = { signal: ending.signal };
      for await (const event of client.store(store).follow(question, options)) {
        // What was fetched before it was followed is looked at again too.
        const isLost = event.kind === "change" && event.entity === null;
        setGone(isLost);
        if (!isLost) look();
      }
    };
    // Where following is refused, the entity is shown as it was fetched.
    hear().catch(() => undefined);
    return () => {
      ending.abort();
      setGone(false);
    };
  }, [queries, store, id]);
  return isGone;
}
