/**
 * What the primary process and its workers say to each other. Only plain values.
 */
import type { Load } from "./balance.ts";
import type { ProcessReport } from "./observe.ts";

/** In the environment of a worker that is not the first: the port that `--port 0` has taken. */
export const portVariable = "STOA_TAKEN_PORT";

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
  /** What this process did since it told so last. */
  | ({ readonly kind: "load" } & Load)
  /** Others may open the folder from now on. */
  | { readonly kind: "shared" }
  /** Asks for the reports of all workers. */
  | { readonly kind: "gather"; readonly question: number }
  | { readonly kind: "report"; readonly gathering: number; readonly report: ProcessReport }
  /** The last report of a process that leaves. */
  | { readonly kind: "past"; readonly report: ProcessReport };

export type ToWorker =
  /** Something has been committed elsewhere. */
  | { readonly kind: "follow" }
  | { readonly kind: "report"; readonly gathering: number }
  | {
      readonly kind: "gathered";
      readonly question: number;
      readonly reports: readonly ProcessReport[];
    }
  /** Whether there are others over the folder: all have ended, or they wait for `shared`. */
  | { readonly kind: "share"; readonly isShared: boolean }
  /** Every so many of the connections, `0.5` for half, are to be made anew. */
  | { readonly kind: "shed"; readonly share: number }
  /** End, when all connections have gone as they were answered. */
  | { readonly kind: "leave" }
  /** Drain and end. */
  | { readonly kind: "stop" };
