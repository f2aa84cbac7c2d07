/**
 * A question to a store: filter, order, page and fields, in no flavour's words.
 */
import { StoaError, violation } from "./error.ts";
import { and, type CompareOp, type Filter, or } from "./filter.ts";
import { type Json, parseJson } from "./json.ts";
import { compareJson } from "./order.ts";
import { type Path, pathText, readPath } from "./path.ts";

export interface OrderKey {
  readonly path: Path;
  readonly descending: boolean;
}

export interface Query {
  readonly filter: Filter;
  /** Empty = by `_id`. `_id` breaks ties, in the direction of the last key. */
  readonly order: readonly OrderKey[];
  readonly offset: number;
  /** Infinity streams everything. */
  readonly limit: number;
  /** Values of the order's keys and the id of the entity after which the page begins. */
  readonly after: Cursor | null;
  /** Fields to serve, `_id` besides; null = all. */
  readonly only: readonly Path[] | null;
}

/** One value for each key of `totalOrder(query.order)`: `["Delft", "58238a935baa56173b24f0e4"]`. */
export type Cursor = readonly Json[];

/** The order with the key that makes it total. */
export function totalOrder(order: readonly OrderKey[]): readonly OrderKey[] {
  const at = order.findIndex(({ path }) => pathText(path) === "_id");
  if (at >= 0) return order.slice(0, at + 1);
  return [...order, { path: ["_id"], descending: order.at(-1)?.descending ?? false }];
}

/** Compares two whole entities by a total order. */
export function compareBy(order: readonly OrderKey[], a: Json, b: Json): number {
  for (const { path, descending } of order) {
    const sign = compareJson(readPath(a, path), readPath(b, path));
    if (sign !== 0) return descending ? -sign : sign;
  }
  return 0;
}

/** Where a page ended: the values of its last entity. */
export function cursorOf(order: readonly OrderKey[], entity: Json): Cursor {
  return totalOrder(order).map(({ path }) => readPath(entity, path) ?? null);
}

/** Errors: `validation` on `after` for anything but a cursor that this order gave. */
export function parseCursor(order: readonly OrderKey[], text: string): Cursor {
  let values: Json;
  try {
    values = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof StoaError)) throw cause;
    throw badCursor();
  }
  const size = totalOrder(order).length;
  if (!Array.isArray(values) || values.length !== size) throw badCursor();
  if (typeof values.at(-1) !== "string") throw badCursor();
  return values;
}

/** Everything that comes later than the cursor in the order. */
export function afterCursor(order: readonly OrderKey[], cursor: Cursor): Filter {
  const keys = totalOrder(order);
  const test = (index: number, op: CompareOp): Filter => ({
    kind: "compare",
    op,
    left: { kind: "property", path: (keys[index] as OrderKey).path },
    right: { kind: "constant", value: cursor[index] as Json },
  });
  return or(
    ...keys.map((key, index) =>
      and(
        ...keys.slice(0, index).map((_, before) => test(before, "==")),
        test(index, key.descending ? "<" : ">"),
      ),
    ),
  );
}

function badCursor(): StoaError {
  return violation("after", "cursor", "must be a cursor from a Link of the same list");
}
