/**
 * Saving an entity as one PATCH over the version that was edited, for its form and its code.
 */
import { StoaError } from "@stoa/client";
import type { JsonObject } from "@stoa/domain";
import { useState } from "react";
import { useNotify } from "react-admin";
import { client } from "../connection.ts";
import { useAttempt } from "../use-attempt.ts";
import { useKeepVersion, type Version, versionOf } from "./use-entity.ts";

/**
 * Another version that came between is fetched, and tells itself.
 *
 * @param base the version that is edited.
 * @param shown the newest that is known; until what was saved stands there, it is no news.
 */
export function useSaving(store: string, base: Version, shown: Version) {
  const notify = useNotify();
  const keep = useKeepVersion(store, base.entity._id);
  const { isBusy: isSaving, problem, attempt, forget } = useAttempt();
  const [replaced, setReplaced] = useState<Version | null>(null);

  const patch = async (changes: JsonObject, done: (saved: Version) => void) => {
    const { entity, etag } = base;
    try {
      const answer = await client.store(store).update(entity._id, changes, { ifMatch: etag });
      const saved = versionOf(answer);
      done(saved);
      setReplaced(shown);
      keep(saved, base);
      notify("ra.notification.updated", { messageArgs: { smart_count: 1 } });
    } catch (error) {
      const isOld = error instanceof StoaError && error.code === "precondition";
      if (!isOld) throw error;
      keep(versionOf(await client.store(store).read(entity._id)), base);
    }
  };
  return {
    problem,
    isSaving,
    /** Whether somebody else has changed it since. */
    hasNews: shown !== base && shown !== replaced,
    forget,
    send: (changes: JsonObject, done: (saved: Version) => void) =>
      attempt(() => patch(changes, done)),
  };
}
