/** The index of subscriptions: finds every one that a change concerns, and few besides. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Caller,
  everything,
  type Filter,
  GroupTree,
  matches,
  parseFilter,
  type StoredEntity,
} from "@stoa/domain";
import fc from "fast-check";
import { Version } from "./feed-event.ts";
import { FeedIndex, type Indexed } from "./feed-index.ts";

const tree = new GroupTree([
  { id: "root", parent: null, revision: 1 },
  { id: "north", parent: "root", revision: 2 },
]);

function callerOf(user: string, ...groups: string[]): Caller {
  return { user, groups } as unknown as Caller;
}

function follower(filter: Filter, more: Partial<Indexed> = {}): Indexed {
  const caller = callerOf("ada", "north");
  return { store: "cities", filter, caller, kind: "shared", ...more };
}

function entity(body: object, more: Partial<StoredEntity> = {}): StoredEntity {
  const head = { id: "1", owner: "bob", group: "root", access: [], time: 1, at: null, revision: 1 };
  return { ...head, body: JSON.stringify(body), ...more };
}

function candidatesOf<S extends Indexed>(index: FeedIndex<S>, one: StoredEntity): Set<S> {
  const after = new Version(one, tree);
  const { id, time } = one;
  const change = { sequence: 1, op: "insert", store: "cities", id, time, by: "bob" } as const;
  return index.candidates({
    change: { ...change, before: null, after: one },
    before: null,
    after,
    present: after,
  });
}

test("of ten thousand that follow one value each, a change finds the one", () => {
  const index = new FeedIndex<Indexed>();
  const all = Array.from({ length: 10_000 }, (_, n) => follower(parseFilter(`{"n":${n}}`)));
  for (const one of all) index.add(one);
  assert.deepEqual([...candidatesOf(index, entity({ n: 77 }))], [all[77]]);
  assert.equal(candidatesOf(index, entity({ n: -1 })).size, 0);
});

test("of ten thousand that follow any of two values each, a change finds the ones", () => {
  const index = new FeedIndex<Indexed>();
  const filterOf = (...values: number[]): Filter => {
    const of = values.map((value) => ({ kind: "element", op: "==", path: ["n"], value }) as const);
    return { kind: "any", of };
  };
  const all = Array.from({ length: 10_000 }, (_, n) => follower(filterOf(n, n + 1)));
  for (const one of all) index.add(one);
  assert.deepEqual([...candidatesOf(index, entity({ n: 77 }))], [all[76], all[77]]);
  index.remove(all[76] as Indexed);
  assert.deepEqual([...candidatesOf(index, entity({ n: 77 }))], [all[77]]);
  const mixed: Filter = { kind: "any", of: [filterOf(1), parseFilter('{"m":1}')] };
  index.add(follower(mixed, { caller: callerOf("bob") }));
  assert.equal(candidatesOf(index, entity({ m: 1 })).size, 1, "of two paths by what it may see");
});

test("those who follow everything are found by what they may see", () => {
  const index = new FeedIndex<Indexed>();
  const [ada, bob] = [follower(everything), follower(everything, { caller: callerOf("bob") })];
  index.add(ada);
  index.add(bob);
  assert.deepEqual([...candidatesOf(index, entity({}))], [bob]);
  assert.deepEqual([...candidatesOf(index, entity({}, { group: "north" }))], [bob, ada]);
  assert.deepEqual([...candidatesOf(index, entity({}, { access: ["ada"] }))], [bob, ada]);
  index.remove(bob);
  assert.equal(candidatesOf(index, entity({})).size, 0);
  assert.equal(index.size, 1);
});

test("whatever a filter lets through, its subscription is found", () => {
  const scalar = fc.constantFrom(1, 2, "1", "a", "null", true, null);
  const path = fc.constantFrom("n", "a.b", "_id", "owner");
  const leaf = fc.oneof(
    fc.tuple(path, scalar).map(([key, value]) => parseFilter(JSON.stringify({ [key]: value }))),
    fc
      .tuple(path, scalar)
      .map(([key, value]) => parseFilter(JSON.stringify(["==", ["property", key], value]))),
    fc.tuple(path, scalar).map(([key, value]): Filter => {
      return { kind: "element", op: "==", path: key.split("."), value };
    }),
  );
  const filter = fc.oneof(
    leaf,
    fc.array(leaf, { minLength: 1, maxLength: 3 }).map((of): Filter => ({ kind: "all", of })),
    fc.array(leaf, { minLength: 1, maxLength: 3 }).map((of): Filter => ({ kind: "any", of })),
  );
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }));
  const body = fc.record({ n: value, a: fc.record({ b: value }) }, { requiredKeys: [] });
  let found = 0;
  fc.assert(
    fc.property(filter, body, (one, fields) => {
      const index = new FeedIndex<Indexed>();
      const seen = entity(fields, { owner: "ada" });
      const subscription = follower(one);
      index.add(subscription);
      if (!matches(one, new Version(seen, tree).value)) return;
      found++;
      assert.ok(candidatesOf(index, seen).has(subscription));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(found > 100, `${found} fitted`);
});
