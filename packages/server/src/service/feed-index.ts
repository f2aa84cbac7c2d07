/**
 * Which subscriptions a change could concern: by store, and within it by one equality, so that the
 * cost of a change does not grow with those that it cannot. Decides nothing; gives candidates.
 */
import {
  type Caller,
  type Filter,
  type Json,
  type Path,
  pathText,
  readPath,
  type VisibilityKind,
} from "@stoa/domain";
import type { OpenedChange, Version } from "./feed-event.ts";

/** What an index needs to know of a subscription. */
export interface Indexed {
  /** Null for every store. */
  readonly store: string | null;
  readonly filter: Filter;
  readonly caller: Caller;
  readonly kind: VisibilityKind;
}

/** Where a subscription stands: under values of one path, under principals, or among the rest. */
type Place =
  | { readonly by: "path"; readonly path: Path; readonly keys: readonly string[] }
  | { readonly by: "principal"; readonly keys: readonly string[] }
  | { readonly by: "rest" };

export class FeedIndex<S extends Indexed> {
  readonly #stores = new Map<string | null, Shelf<S>>();
  readonly #places = new Map<S, Place>();

  get size(): number {
    return this.#places.size;
  }

  add(subscription: S): void {
    const place = placeOf(subscription);
    this.#places.set(subscription, place);
    let shelf = this.#stores.get(subscription.store);
    if (!shelf) {
      shelf = new Shelf();
      this.#stores.set(subscription.store, shelf);
    }
    shelf.add(subscription, place);
  }

  remove(subscription: S): void {
    const place = this.#places.get(subscription);
    if (!place) return;
    this.#places.delete(subscription);
    const shelf = this.#stores.get(subscription.store);
    shelf?.remove(subscription, place);
    if (shelf?.isEmpty) this.#stores.delete(subscription.store);
  }

  /** Whether anybody follows the store. */
  has(store: string): boolean {
    return this.#stores.has(store) || this.#stores.has(null);
  }

  /** Each at most once. */
  candidates(opened: OpenedChange): Set<S> {
    const found = new Set<S>();
    for (const store of [opened.change.store, null]) {
      const shelf = this.#stores.get(store);
      for (const version of [opened.before, opened.after]) {
        if (shelf && version) shelf.gather(version, found);
      }
    }
    return found;
  }
}

/** The subscriptions to one store. */
class Shelf<S> {
  readonly #byPath = new Map<string, { path: Path; byKey: Map<string, Set<S>> }>();
  readonly #byPrincipal = new Map<string, Set<S>>();
  readonly #rest = new Set<S>();

  get isEmpty(): boolean {
    return this.#byPath.size + this.#byPrincipal.size + this.#rest.size === 0;
  }

  add(subscription: S, place: Place): void {
    if (place.by === "rest") this.#rest.add(subscription);
    else if (place.by === "principal") {
      for (const key of place.keys) put(this.#byPrincipal, key, subscription);
    } else {
      const name = pathText(place.path);
      const shelf = this.#byPath.get(name) ?? { path: place.path, byKey: new Map() };
      this.#byPath.set(name, shelf);
      for (const key of place.keys) put(shelf.byKey, key, subscription);
    }
  }

  remove(subscription: S, place: Place): void {
    if (place.by === "rest") this.#rest.delete(subscription);
    else if (place.by === "principal") {
      for (const key of place.keys) take(this.#byPrincipal, key, subscription);
    } else {
      const name = pathText(place.path);
      const shelf = this.#byPath.get(name);
      if (!shelf) return;
      for (const key of place.keys) take(shelf.byKey, key, subscription);
      if (shelf.byKey.size === 0) this.#byPath.delete(name);
    }
  }

  gather(version: Version, into: Set<S>): void {
    for (const subscription of this.#rest) into.add(subscription);
    const { owner, group, access, id } = version.entity;
    if (this.#byPrincipal.size > 0) {
      const keys = [id, owner, ...access, ...version.tree.branchOf(group)];
      for (const key of keys) addAll(this.#byPrincipal.get(key), into);
    }
    for (const { path, byKey } of this.#byPath.values()) {
      for (const key of keysAt(version, path)) addAll(byKey.get(key), into);
    }
  }
}

function placeOf({ filter, kind, caller }: Indexed): Place {
  const equality = equalityOf(filter);
  if (equality) return equality;
  if (kind === "everything") return { by: "rest" };
  return { by: "principal", keys: [caller.user, ...caller.groups] };
}

type Equality = Extract<Place, { by: "path" }>;

/** The first equality, with one value or any of several, that the whole filter depends on. */
function equalityOf(filter: Filter): Equality | undefined {
  if (filter.kind === "all") {
    for (const part of filter.of) {
      const found = equalityOf(part);
      if (found) return found;
    }
    return undefined;
  }
  if (filter.kind === "any") return anyOf(filter.of.map(equalityOf));
  const pair = pairOf(filter);
  const key = pair && keyOf(pair.value);
  return pair && key !== undefined ? { by: "path", path: pair.path, keys: [key] } : undefined;
}

/** All of them as one, where they are about one path. */
function anyOf([first, ...others]: readonly (Equality | undefined)[]): Equality | undefined {
  if (!first) return undefined;
  const keys = new Set(first.keys);
  for (const other of others) {
    if (!other || pathText(other.path) !== pathText(first.path)) return undefined;
    for (const key of other.keys) keys.add(key);
  }
  return { ...first, keys: [...keys] };
}

function pairOf(filter: Filter): { path: Path; value: Json } | undefined {
  switch (filter.kind) {
    case "loosely":
      // It would equal a missing value.
      return filter.value === "null" ? undefined : { path: filter.path, value: filter.value };
    case "element":
      return filter.op === "==" ? { path: filter.path, value: filter.value } : undefined;
    case "compare": {
      const { op, left, right } = filter;
      if (op !== "==") return undefined;
      if (left.kind === "property" && right.kind === "constant") {
        return { path: left.path, value: right.value };
      }
      if (right.kind === "property" && left.kind === "constant") {
        return { path: right.path, value: left.value };
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** Values that are equal, also loosely, have one key; null and containers have none. */
function keyOf(value: Json): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
  return undefined;
}

function keysAt(version: Version, path: Path): readonly string[] {
  const value = path.length === 1 && path[0] === "_id" ? version.entity.id : valueAt(version, path);
  const values = Array.isArray(value) ? (value as readonly Json[]) : [value ?? null];
  return values.map(keyOf).filter((key) => key !== undefined);
}

function valueAt({ value }: Version, path: Path): Json | undefined {
  return readPath(value, path);
}

function put<S>(map: Map<string, Set<S>>, key: string, subscription: S): void {
  const set = map.get(key);
  if (set) set.add(subscription);
  else map.set(key, new Set([subscription]));
}

function take<S>(map: Map<string, Set<S>>, key: string, subscription: S): void {
  const set = map.get(key);
  set?.delete(subscription);
  if (set?.size === 0) map.delete(key);
}

function addAll<S>(set: ReadonlySet<S> | undefined, into: Set<S>): void {
  if (set) for (const subscription of set) into.add(subscription);
}
