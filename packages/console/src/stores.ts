/**
 * The stores that the signed-in person may read, and how much of each they see.
 */
import type { SystemFields } from "@stoa/client";
import type { StoreFields } from "@stoa/domain";
import { useQuery } from "@tanstack/react-query";
import { client } from "./connection.ts";

/** A definition; its `time` is the policy for the field of that name in what the store holds. */
export type StoreEntity = Omit<SystemFields, "time"> & StoreFields;

/** Definitions in the order of their names; undefined while they are fetched. */
export function useStores() {
  return useQuery({
    queryKey: ["stoa", "stores"],
    queryFn: async ({ signal }) => {
      const found: StoreEntity[] = [];
      const all = client.store<Omit<StoreFields, "time">>("stores");
      for await (const store of all.find({ sortBy: ["name"] }, { signal })) {
        found.push(store as unknown as StoreEntity);
      }
      return found;
    },
    staleTime: 30_000,
  });
}

/** One of them, by its name. */
export function useStore(name: string): StoreEntity | undefined {
  return useStores().data?.find((store) => store.name === name);
}

export function useStoreCount(name: string) {
  return useQuery({
    queryKey: ["stoa", "count", name],
    queryFn: ({ signal }) => client.store(name).count({}, { signal }),
    // What changes it is heard of (`layout/use-live-counts.ts`).
    staleTime: 30_000,
  });
}
