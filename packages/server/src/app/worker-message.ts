/**
 * What the primary process and its workers say to each other. Only plain values.
 */
import type { ProcessReport } from "./observe.ts";

/** What the primary starts: a worker that answers requests. */
export interface Readiness {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** To be shown once; null unless the worker made the first start and no password was given. */
  readonly firstPassword: string | null;
}

export type ToPrimary =
  | ({ readonly kind: "ready" } & Readiness)
  | { readonly kind: "failed"; readonly reason: string }
  /** Something has been committed here. */
  | { readonly kind: "committed" }
  /** Asks for the reports of all workers. */
  | { readonly kind: "gather"; readonly question: number }
  | { readonly kind: "report"; readonly gathering: number; readonly report: ProcessReport };

export type ToWorker =
  /** Something has been committed elsewhere. */
  | { readonly kind: "follow" }
  | { readonly kind: "report"; readonly gathering: number }
  | {
      readonly kind: "gathered";
      readonly question: number;
      readonly reports: readonly ProcessReport[];
    }
  /** Drain and end. */
  | { readonly kind: "stop" };
