/**
 * One entity with its version, as it is fetched, changed and heard of.
 */
import { type Entity, etagOf } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { client } from "../connection.ts";
import { fetchAnew } from "../fetch-anew.ts";

export interface Version {
  readonly entity: Entity<JsonObject>;
  /** For `If-Match`; null where the server gives none. */
  readonly etag: string | null;
}

/** What each tab of an entity is given. */
export interface TabProps {
  readonly store: string;
  readonly version: Version;
}

export function versionOf(entity: Entity<JsonObject>): Version {
  return { entity, etag: etagOf(entity) };
}

/** @param id null while it is not known yet. */
export function useEntity(store: string, id: string | null) {
  return useQuery({
    queryKey: entityKey(store, id ?? ""),
    queryFn: async ({ signal }) => versionOf(await client.store(store).read(id ?? "", { signal })),
    enabled: id !== null,
    // The same version stays the same value, so that nothing starts anew for it.
    structuralSharing: (before, after) => {
      const [old, fresh] = [before as Version | undefined, after as Version];
      return old && old.etag !== null && old.etag === fresh.etag ? old : fresh;
    },
  });
}

/**
 * Takes what a write answered for what is there, in place of the version that was written over;
 * where another one was heard of meanwhile, looks which is the newest.
 */
export function useKeepVersion(store: string, id: string) {
  const queries = useQueryClient();
  return useCallback(
    (version: Version, over: Version | null) => {
      const key = entityKey(store, id);
      const known = queries.getQueryData<Version>(key);
      if (!known || known.etag === over?.etag) queries.setQueryData(key, version);
      else fetchAnew(queries, key);
      void queries.invalidateQueries({ queryKey: ["stoa", "rows", store] });
      void queries.invalidateQueries({ queryKey: ["stoa", "history", store, id] });
    },
    [queries, store, id],
  );
}

function entityKey(store: string, id: string) {
  return ["stoa", "entity", store, id];
}

/** Fields that are the server's; everything else is the entity's own. */
const serverFields: ReadonlySet<string> = new Set(
  "_id owner group access branch time _at".split(" "),
);

export function ownFields(entity: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entity).filter(([key]) => !serverFields.has(key)));
}
