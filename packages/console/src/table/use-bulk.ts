/**
 * Changing or removing many entities at once, a moment later, so that it can still be undone.
 * Knows one call for one entity; no drawing.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAddUndoableMutation, useNotify, useTranslate } from "react-admin";
import { problemText } from "../problem-text.ts";

const undoMs = 5_000;
const callsAtOnce = 4;

export interface Bulk {
  /** Ids of what is about to go or to change. */
  readonly pending: ReadonlySet<string>;
  /** @param text what is about to happen, with `smart_count`. */
  readonly run: (
    ids: readonly string[],
    text: string,
    call: (id: string) => Promise<unknown>,
  ) => void;
}

export function useBulk(store: string): Bulk {
  const add = useAddUndoableMutation();
  const notify = useNotify();
  const translate = useTranslate();
  const queries = useQueryClient();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const release = (ids: readonly string[]) =>
    setPending((all) => new Set([...all].filter((id) => !ids.includes(id))));
  const finish = async (ids: readonly string[], call: (id: string) => Promise<unknown>) => {
    const refusals = await refusalsOf(ids, call);
    await queries.invalidateQueries({ queryKey: ["stoa", "rows", store] });
    void queries.invalidateQueries({ queryKey: ["stoa", "count", store] });
    release(ids);
    if (refusals.length === 0) return;
    const reason = problemText(refusals[0], translate);
    const messageArgs = { smart_count: refusals.length, reason };
    notify("stoa.table.someFailed", { type: "error", messageArgs });
  };
  return {
    pending,
    run: (ids, text, call) => {
      setPending((all) => new Set([...all, ...ids]));
      add(({ isUndo }) => {
        if (isUndo) release(ids);
        else void finish(ids, call);
      });
      const messageArgs = { smart_count: ids.length };
      notify(text, { undoable: true, autoHideDuration: undoMs, messageArgs });
    },
  };
}

async function refusalsOf(
  ids: readonly string[],
  call: (id: string) => Promise<unknown>,
): Promise<unknown[]> {
  const waiting = [...ids];
  const refusals: unknown[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await call(id).catch((error: unknown) => refusals.push(error));
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, work));
  return refusals;
}
