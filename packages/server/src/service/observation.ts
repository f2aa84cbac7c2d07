/**
 * Everything that the server may report, as one union; log and metrics read it (`app/observe.ts`).
 * Holds no query values, bodies, cookies or credentials (rule 25), since it has no field for them.
 */
import type { ReplicaStanding } from "../storage/engine.ts";

export type Observation =
  | { readonly kind: "started"; readonly version: string; readonly ms: number }
  /** `http://127.0.0.1:8080` */
  | { readonly kind: "listening"; readonly url: string }
  | Answered
  /** A list that broke after its first byte. */
  | { readonly kind: "listBroken"; readonly route: string; readonly cause: unknown }
  /** A mistake of ours. The client was told the incident only. */
  | { readonly kind: "fault"; readonly incident: string; readonly cause: unknown }
  | {
      readonly kind: "signIn";
      readonly way: "session" | "token";
      readonly outcome: "accepted" | "refused" | "throttled";
    }
  /** The database went, or is back: `cause` is why. */
  | { readonly kind: "storage"; readonly isUp: boolean; readonly cause?: unknown }
  | FeedReport
  | ReplicaReport
  /** Told now and then: what the process takes of the machine, and what of that is in use. */
  | { readonly kind: "memory"; readonly rssBytes: number; readonly heapBytes: number }
  /** Told now and then: what the database takes of its disk. */
  | { readonly kind: "database"; readonly bytes: number }
  /** A process of several ended by itself, and another takes its place: `why` is `"SIGKILL"`. */
  | { readonly kind: "workerEnded"; readonly id: number; readonly why: string }
  /** Of several processes one serves alone from now on, or all do together. */
  | { readonly kind: "company"; readonly company: "alone" | "together" }
  | { readonly kind: "draining" }
  | { readonly kind: "stopped" };

/** How the feed of changes stands. */
export interface FeedReport {
  readonly kind: "feed";
  /** Sockets and streams, and what they follow. */
  readonly followers: number;
  readonly subscriptions: number;
  /** Since the start: events sent, gaps told, events thrown away for a receiver that was slow. */
  readonly events: number;
  readonly gaps: number;
  readonly drops: number;
  /** Candidates: how often a change was tested against a subscription. */
  readonly tests: number;
  /** How long it has not been up to date with the log; 0 when it is. */
  readonly lagMs: number;
}

/** How the replica of the database stands; told about twice a second. */
export interface ReplicaReport extends ReplicaStanding {
  readonly kind: "replica";
}

export interface Answered {
  readonly kind: "request";
  readonly method: string;
  /** The pattern, never the path: `/api/v1/:store/:id`; `none` where no route was found. */
  readonly route: string;
  readonly status: number;
  /** From the first byte of the request to the last of the answer, milliseconds. */
  readonly ms: number;
}

export type Observe = (observation: Observation) => void;
