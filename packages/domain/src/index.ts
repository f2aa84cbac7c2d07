/**
 * The one barrel of the domain: what the floors above may use of it.
 */
export * from "./access.ts";
export * from "./change.ts";
export * from "./contract.ts";
export * from "./credential.ts";
export * from "./entity.ts";
export * from "./error.ts";
export * from "./filter.ts";
export * from "./filter-function.ts";
export * from "./filter-language.ts";
export * from "./filter-search.ts";
export * from "./filter-text.ts";
export * from "./filter-writing.ts";
export * from "./group-tree.ts";
export * from "./json.ts";
export * as limit from "./limit.ts";
export * from "./object-id.ts";
export * from "./order.ts";
export * from "./order-key.ts";
export * from "./page.ts";
export * from "./patch.ts";
export * from "./patch-apply.ts";
export * from "./path.ts";
export * from "./principal.ts";
export * from "./projection.ts";
export * from "./projection-text.ts";
export * from "./query.ts";
export * from "./reference-filter.ts";
export * from "./reference-object.ts";
export * from "./schema-inference.ts";
export * from "./store.ts";
export * from "./system-store.ts";
export * from "./time-uuid.ts";
