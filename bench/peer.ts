/**
 * What the bench of peers asks of each system: the same entities, half of them the caller's, and
 * the same requests. Knows none of the systems.
 */
import { type BenchEntity, entityOf, randomOf } from "./entity-source.ts";
import { wireRequest } from "./wire-request.ts";

/** A system that runs, is filled, and knows a caller. */
export interface Peer {
  readonly name: string;
  /** How it is set up, line by line. */
  readonly settings: readonly string[];
  readonly url: string;
  /** Of the caller: session, token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Paths of what the load asks for. */
  readonly paths: PeerPaths;
  /** Ids of entities that the caller owns. */
  readonly ids: readonly string[];
  /** The body of a new entity. */
  bodyOf(entity: BenchEntity): object;
  end(): Promise<void>;
}

export interface PeerPaths {
  readonly store: string;
  readonly get: (id: string) => string;
  readonly list: (limit: number, skip: number) => string;
}

/** In the order in which they are measured; the long list over one connection, the rest over 64. */
export const peerWorks = {
  long: { title: "list of 10,000", connections: 1 },
  get: { title: "GET by id", connections: 64 },
  first: { title: "list of 100, the first page", connections: 64 },
  list: { title: "list of 100, any page", connections: 64 },
  insert: { title: "insert", connections: 64 },
} as const;
export type PeerWork = keyof typeof peerWorks;

export function requestsFor(peer: Peer, work: PeerWork): readonly string[] {
  const { headers, paths, ids } = peer;
  const get = (path: string) => wireRequest({ method: "GET", path, headers });
  switch (work) {
    case "get":
      return ids.map((id) => get(paths.get(id)));
    case "first":
      return [get(paths.list(100, 0))];
    case "long":
      return [get(paths.list(longListEntities, 0))];
    case "list":
      return Array.from({ length: 50 }, (_, page) => get(paths.list(100, page * 100)));
    case "insert":
      return peerEntities(5_000, 7).map((entity) => {
        const body = JSON.stringify(peer.bodyOf(entity));
        return wireRequest({ method: "POST", path: paths.store, headers, body });
      });
    default:
      return work satisfies never;
  }
}

export function peerEntities(count: number, seed: number): readonly BenchEntity[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => entityOf(random));
}

/** Parts of at most `size`, in order. */
export function partsOf<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, at) => values.slice(at * size, (at + 1) * size));
}

/** The parsed answer. Errors: every answer that is no success. */
export async function callJson<T>(
  url: string,
  { headers, body }: { headers?: Readonly<Record<string, string>>; body?: object },
): Promise<T> {
  const sent = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, {
    ...sent,
    headers: { "content-type": "application/json", ...headers },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/** Half of all entities, so that it is all of the caller's. */
export const longListEntities = 10_000;
export const peerPassword = "bench password 1A";
