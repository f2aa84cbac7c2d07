/**
 * Changing or removing many entities at once: some a moment later, so that it can still be undone,
 * or all that fit, with progress. No drawing.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useAddUndoableMutation, useNotify, useTranslate } from "react-admin";
import { Job, type JobState, useJob } from "../job.ts";
import { problemText } from "../problem-text.ts";
import {
  type BulkCall,
  type BulkProgress,
  type BulkTarget,
  callingAll,
  refusalsOf,
} from "./bulk-calls.ts";

const undoMs = 10_000;

/** What is done, in words of the console. */
export type BulkAct = "Edit" | "Remove";

export interface Bulk {
  /** Ids of what is about to go or to change. */
  readonly pending: ReadonlySet<string>;
  readonly run: (ids: readonly string[], act: BulkAct, call: BulkCall) => void;
  /** What is done to all that fit, here or in another store; one at a time. */
  readonly work: JobState<BulkWork>;
  readonly runAll: (target: BulkTarget, about: BulkAbout, call: BulkCall) => void;
  readonly stop: () => void;
}

export interface BulkAbout {
  readonly act: BulkAct;
  /** How many there are. */
  readonly total: number;
}

export interface BulkWork extends BulkProgress, BulkAbout {
  readonly store: string;
}

/** Goes on while one looks at other pages. */
const bulkJob = new Job<BulkWork>();

export function useBulk(store: string): Bulk {
  const add = useAddUndoableMutation();
  const notify = useNotify();
  const translate = useTranslate();
  const queries = useQueryClient();
  const work = useJob(bulkJob);
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const release = (ids: readonly string[]) =>
    setPending((all) => new Set([...all].filter((id) => !ids.includes(id))));
  const refetch = async (of: string) => {
    void queries.invalidateQueries({ queryKey: ["stoa", "count", of] });
    await queries.invalidateQueries({ queryKey: ["stoa", "rows", of] });
  };
  const finish = async (ids: readonly string[], call: BulkCall) => {
    const refusals = await refusalsOf(ids, call);
    await refetch(store);
    release(ids);
    if (refusals.length === 0) return;
    const reason = problemText(refusals[0], translate);
    const messageArgs = { smart_count: refusals.length, reason };
    notify("stoa.table.someFailed", { type: "error", messageArgs });
  };
  return {
    pending,
    run: (ids, act, call) => {
      setPending((all) => new Set([...all, ...ids]));
      add(({ isUndo }) => {
        if (isUndo) release(ids);
        else void finish(ids, call);
      });
      const messageArgs = { smart_count: ids.length };
      const options = { undoable: true, autoHideDuration: undoMs, messageArgs };
      notify(`stoa.table.will${act}`, options);
    },
    work,
    runAll: (target, about, call) =>
      void bulkJob
        .start((signal) => working(target, about, call, signal))
        .then(() => refetch(target.store)),
    stop: () => bulkJob.stop(),
  };
}

async function* working(
  target: BulkTarget,
  about: BulkAbout,
  call: BulkCall,
  signal: AbortSignal,
): AsyncGenerator<BulkWork> {
  const state = { store: target.store, ...about };
  yield { ...state, done: 0, refused: 0, reason: null };
  for await (const progress of callingAll(target, call, signal)) yield { ...state, ...progress };
}
