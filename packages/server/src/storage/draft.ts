/**
 * What every engine makes of a draft: the entity that is kept. Knows no database.
 */
import type { StoredEntity } from "@stoa/domain";
import type { Draft } from "./engine.ts";

/** Without what a draft may have besides; `at` is null until it is changed for the first time. */
export function storedEntity(draft: Draft, at: number | null, revision: number): StoredEntity {
  const { id, owner, group, access, time, body } = draft;
  return { id, owner, group, access, time, body, at, revision };
}
