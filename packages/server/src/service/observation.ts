/**
 * Everything that the server may report, as one union; log and metrics read it (`app/observe.ts`).
 * Holds no query values, bodies, cookies or credentials (rule 25), since it has no field for them.
 */
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
  | { readonly kind: "draining" }
  | { readonly kind: "stopped" };

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
