/**
 * The one barrel of the client.
 */
export { type ErrorCode, StoaError, type Violation } from "@stoa/domain";
export * from "./account.ts";
export * from "./administration.ts";
export type { ChangesPage, ChangesQuery } from "./changes.ts";
export * from "./client.ts";
export type { Consistency } from "./consistency.ts";
export {
  type Draft,
  type Entity,
  etagOf,
  type Merge,
  type PatchOperation,
  type SystemFields,
} from "./entity.ts";
export type { EntityChange, FollowEvent, FollowOptions } from "./follow.ts";
export type { ImportFormat } from "./import-parts.ts";
export * from "./jobs.ts";
export type { Choice, ListQuery, Scalar, Where } from "./list-query.ts";
export type { LiveChange, LiveState } from "./live-change.ts";
export type { LiveQuery, LiveSet } from "./live-set.ts";
export * from "./reference-store.ts";
export type { RetryPolicy } from "./retry.ts";
export * from "./store.ts";
export * from "./tokens.ts";
export type { CallOptions } from "./transport.ts";
