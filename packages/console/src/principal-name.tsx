/**
 * The name of a user or a group where one has its id; the id where nobody may tell.
 */
import { useQuery } from "@tanstack/react-query";
import { client } from "./connection.ts";

const knownMs = 60_000;

/** Names that are asked for in one turn go as one request. */
function usePrincipal(id: string) {
  return useQuery({
    queryKey: ["stoa", "principal", id],
    queryFn: () => gathered(id),
    staleTime: knownMs,
  });
}

export function PrincipalName({ id }: { readonly id: string }) {
  const { data } = usePrincipal(id);
  return <span title={id}>{data?.name ?? id}</span>;
}

type Entry = Awaited<ReturnType<typeof client.account.principals>>[number];

let waiting: Map<string, Promise<Entry | null>> | null = null;

function gathered(id: string): Promise<Entry | null> {
  if (!waiting) {
    const batch = new Map<string, Promise<Entry | null>>();
    waiting = batch;
    pending = Promise.resolve().then(() => {
      waiting = null;
      return client.account.principals({ ids: [...batch.keys()] });
    });
  }
  const found = pending.then((all) => all.find(({ _id }) => _id === id) ?? null);
  waiting.set(id, found);
  return found;
}

let pending: Promise<readonly Entry[]> = Promise.resolve([]);
