/**
 * The filter tree: what every flavour parses to, what an access rule narrows to and what an engine
 * compiles. `matches` is its meaning; engines must agree with it. Knows no wire form and no SQL.
 */
import type { Json } from "./json.ts";
import type { Path } from "./path.ts";

export type CompareOp = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Something that has a value for an entity. */
export type Expression =
  | { readonly kind: "property"; readonly path: Path }
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  | { readonly kind: "test"; readonly filter: Filter };

/** A yes or no about an entity. Logic is two-valued: null and missing are not true. */
export type Filter =
  | { readonly kind: "all"; readonly of: readonly Filter[] } // and; empty = everything
  | { readonly kind: "any"; readonly of: readonly Filter[] } // or; empty = nothing
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "compare"; readonly op: CompareOp; readonly left: Expression; readonly right: Expression }
  /** Equality that compares a string with the JSON text of the other scalar: `"2"` equals 2. */
  | { readonly kind: "loosely"; readonly path: Path; readonly value: Json }
  /** `where.`: the value, or, if it is an array, any of its elements. */
  | { readonly kind: "element"; readonly op: Exclude<CompareOp, "!=">; readonly path: Path; readonly value: Json }
  | { readonly kind: "in"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "contains"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "like"; readonly left: Expression; readonly pattern: Expression }
  | { readonly kind: "isnull"; readonly of: Expression }
  | { readonly kind: "truthy"; readonly of: Expression } // a value where a filter stands: is it `true`?
  | Visibility;

/** What the caller may see: one visibility for every door (see `access.ts`). */
export interface Visibility {
  readonly kind: "visible";
  /** Entities with this owner; null where owning does not count. */
  readonly owner: string | null;
  /** Ids (the caller and its groups) that count when found in `access`; may be empty. */
  readonly principals: ReadonlySet<string>;
  /** Ids of the caller's groups and all groups below; an entity's `group` in it is visible. */
  readonly reach: ReadonlySet<string>;
  /** An entity with this id is visible too (oneself among users); null for none. */
  readonly self: string | null;
}

export type FunctionName = string;
