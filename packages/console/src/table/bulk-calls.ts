/**
 * One call for each of many entities: some by their ids, or all that fit, page by page. Knows no
 * drawing and no undo.
 */
import { type Choice, type ListQuery, StoaError } from "@stoa/client";
import { client } from "../connection.ts";
import { isSelected, type Selection } from "./selection.ts";

export type BulkCall = (id: string) => Promise<unknown>;

/** How far it is, and what was refused so far. */
export interface BulkProgress {
  readonly done: number;
  readonly refused: number;
  /** Of the first that was refused. */
  readonly reason: unknown;
}

export interface BulkTarget {
  readonly store: string;
  readonly choice: Choice;
  readonly selection: Selection;
}

/** As many as browsers send to one server. */
const callsAtOnce = 6;
const pageIds = 200;

/** @returns why those were refused that were. */
export async function refusalsOf(ids: readonly string[], call: BulkCall): Promise<unknown[]> {
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

/**
 * In the order of the ids, up to the last one that fits at the beginning: a change that takes an
 * entity out of the choice moves no other, and what is created meanwhile is left alone.
 */
export async function* callingAll(
  { store, choice, selection }: BulkTarget,
  call: BulkCall,
  signal: AbortSignal,
): AsyncGenerator<BulkProgress> {
  const query: ListQuery = { ...choice, only: ["_id"] };
  const { last } = await client.store(store).meta(query, { signal });
  let progress: BulkProgress = { done: 0, refused: 0, reason: null };
  if (last === null) return;
  const pages = client.store(store).find(query, { pageSize: pageIds, signal }).pages();
  for await (const { entities } of pages) {
    const found = entities.map(({ _id }) => _id);
    const ids = found.filter((id) => id <= last._id && isSelected(selection, id));
    const refusals = await refusalsOf(ids, call);
    signal.throwIfAborted();
    progress = {
      done: progress.done + ids.length,
      refused: progress.refused + refusals.length,
      reason: progress.reason ?? refusals[0] ?? null,
    };
    yield progress;
    if (isHopeless(refusals[0]) || (found.at(-1) ?? "") >= last._id) return;
  }
}

/** What would refuse all others too. */
function isHopeless(error: unknown): boolean {
  return (
    error instanceof StoaError && ["unauthorized", "forbidden", "unavailable"].includes(error.code)
  );
}
