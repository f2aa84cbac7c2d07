/**
 * What is shown of an import while it goes on: how far it is, and the rows that were refused.
 */
import {
  type ImportProgress,
  type ImportQuestion,
  type Jobs,
  type RefusedRow,
  StoaError,
} from "@stoa/client";
import type { ErrorCode } from "@stoa/domain";

export interface Chosen {
  readonly file: File;
  readonly question: ImportQuestion;
}

export interface ImportState {
  readonly store: string;
  readonly progress: ImportProgress;
  /** The first of them. */
  readonly refused: readonly RefusedRow[];
}

const refusedMax = 1_000;

export async function* importing(
  jobs: Jobs,
  store: string,
  { file, question }: Chosen,
  signal: AbortSignal,
): AsyncGenerator<ImportState> {
  const nothing = { rows: 0, created: 0, updated: 0, failed: 0, bytes: 0 };
  let progress: ImportProgress = { kind: "progress", ...nothing, total: file.size };
  let refused: readonly RefusedRow[] = [];
  yield { store, progress, refused };
  for await (const event of jobs.import(store, file, question, { signal })) {
    if (event.kind !== "error") {
      progress = event;
      yield { store, progress, refused };
    } else if (refused.length < refusedMax) refused = [...refused, event];
  }
}

/** Why a row is refused, as the error that a single one would have been refused by. */
export function rowError({ code, message, details }: Refusal): StoaError {
  return new StoaError(code as ErrorCode, message, details ? { details } : {});
}

type Refusal = Pick<RefusedRow, "code" | "message" | "details">;
