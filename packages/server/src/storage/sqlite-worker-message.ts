/**
 * What the main thread and the reading worker say to each other. Only plain values.
 */
import type { DearStatement } from "./sqlite-window.ts";

export interface WorkerData {
  readonly file: string;
}

export type WorkerRequest =
  | {
      readonly kind: "open";
      readonly job: number;
      readonly statement: DearStatement;
      /** Becomes 1 when nobody wants the rows any more. */
      readonly stop: Int32Array;
      readonly msMax: number;
    }
  | { readonly kind: "more"; readonly job: number }
  | { readonly kind: "close"; readonly job: number }
  | { readonly kind: "build"; readonly job: number; readonly statements: readonly string[] };

export type WorkerAnswer =
  | {
      readonly kind: "rows";
      readonly job: number;
      readonly rows: readonly (readonly unknown[])[];
      readonly isLast: boolean;
    }
  | { readonly kind: "failed"; readonly job: number; readonly failure: WorkerFailure };

export interface WorkerFailure {
  readonly isTimeout: boolean;
  readonly message: string;
  /** Of SQLite, or null. */
  readonly errcode: number | null;
}
