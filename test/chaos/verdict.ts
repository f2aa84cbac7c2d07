/**
 * Whether everything is as it must be when the chaos is over, by brute force over what everybody
 * was answered and over the plain rules of access. Knows no node.
 */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "@stoa/domain";
import {
  type Asker as Caller,
  membershipOf,
  patternsOf,
  sees,
  type Thing,
  type Truth,
  thingsOf,
  wholeOf,
} from "../../packages/server/test/access-truth.ts";
import type { Author, Note } from "./author.ts";
import type { Entity, Follower, Told } from "./follower.ts";
import { type House, type Person, words } from "./house.ts";

/** What is so, as the administrator is told by one node. */
export async function readTruth({ admin }: House): Promise<Truth> {
  const tables = new Map<string, Map<string, Thing>>();
  for (const store of ["users", "groups", "roles", "notes"]) {
    const { body } = await admin.asker.ask({ method: "GET", path: `${store}?nolimit=true` });
    const things = (body as JsonObject[]).map(thingOf);
    tables.set(store, new Map(things.map((thing) => [thing.id, thing])));
  }
  return { now: Date.now(), tables, secrets: [], log: [] };
}

/** All that was answered is kept as it was answered, and there is nothing besides. */
export function requireKept(truth: Truth, wanted: readonly Note[]): number {
  const found = thingsOf(truth, "notes").map(({ id, group, access, fields }) => {
    return { id, n: fields["n"], group, access: access.toSorted() };
  });
  const sorted = wanted.map((note) => ({ ...note, access: note.access.toSorted() }));
  assert.deepEqual(byId(found), byId(sorted));
  return found.length;
}

/** By each node everybody sees, counts, filters and finds what the plain rules say. */
export async function requireSight(
  truth: Truth,
  urls: readonly string[],
  people: readonly Person[],
): Promise<number> {
  let compared = 0;
  for (const person of people) {
    const seen = seenBy(truth, person);
    for (const url of urls) {
      const ask = async (query: string): Promise<Json> => {
        const path = `notes?${query}`;
        const answer = await person.asker.askOne(url, { method: "GET", path });
        assert(answer?.status === 200, answer?.text ?? "no answer");
        return answer.body;
      };
      const who = `${person.login} at ${url}`;
      const listed = (await ask("nolimit=true")) as JsonObject[];
      assert.deepEqual(byId(listed.map(named)), byId(seen.map(named)), who);
      const all = (await ask("meta=count")) as { total: number };
      assert.equal(all.total, seen.length, who);
      const later = (await ask("where.n>=3&nolimit=true&only=n")) as JsonObject[];
      assert.equal(later.length, seen.filter(({ n }) => Number(n) >= 3).length, who);
      for (const word of words) {
        const found = (await ask(`search=${word}&nolimit=true&only=text`)) as JsonObject[];
        const held = seen.filter(({ text }) => String(text).startsWith(word));
        assert.deepEqual(idsOf(found), idsOf(held), `${who} for ${word}`);
      }
      compared += listed.length;
    }
  }
  return compared;
}

/** Each node tells the same changes, each once, in one order; gives those of notes. */
export async function requireOneLog({ admin }: House, urls: readonly string[]): Promise<Told[]> {
  const logs: Told[][] = [];
  for (const url of urls) {
    const log: Told[] = [];
    for (let since = 0; ; ) {
      const path = `changes?store=notes&limit=10000&since=${since}`;
      const answer = await admin.asker.askOne(url, { method: "GET", path });
      assert(answer?.status === 200, answer?.text ?? "no answer");
      for (const change of answer.body.changes as Told[]) log.push(change);
      if (answer.body.next === since) break;
      since = answer.body.next;
    }
    for (const [at, { seq }] of log.entries()) assert(seq > (log[at - 1]?.seq ?? 0));
    logs.push(log);
  }
  const [first = [], ...others] = logs;
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

/** Every change that was answered is in the log once, in the order in which it was asked for. */
export function requireEachOnce(log: readonly Told[], authors: readonly Author[]): void {
  const histories = Map.groupBy(log, ({ id }) => id);
  for (const { notes, gone } of authors) {
    for (const { id, n } of notes.values()) {
      const history = histories.get(id) ?? [];
      assert.deepEqual(history[0]?.op, "insert");
      assert(history.slice(1).every(({ op }) => op === "update"));
      const numbers = history.map(({ entity }) => entity?.n ?? -1);
      const distinct = [...new Set(numbers)];
      assert.deepEqual(numbers, numbers.toSorted(ascending), id);
      assert.deepEqual(distinct, [...Array(n + 1).keys()], id);
      const texts = history.map(({ entity }) => textOf(entity));
      assert(
        texts.every((text, at) => text !== texts[at - 1]),
        `a change of ${id} was made twice: ${texts.join("\n")}`,
      );
    }
    for (const id of gone) {
      const removals = (histories.get(id) ?? []).filter(({ op }) => op === "remove");
      assert.equal(removals.length, 1, `the removal of ${id}`);
    }
  }
}

/** What a follower knows is what its person sees; who sees everything was told of everything. */
export function requireTold(truth: Truth, log: readonly Told[], follower: Follower): number {
  const { person, known, least, gaps, told } = follower;
  const all = () => follower.journal.join("\n");
  assert.equal(gaps, 0, `${person.login} missed something:\n${all()}`);
  const seen = seenBy(truth, person).filter(({ n }) => Number(n) >= least);
  const should = new Map(seen.map(withoutBranch).map((one) => [one.id, one.text]));
  const does = new Map([...known.values()].map(withoutBranch).map((one) => [one.id, one.text]));
  for (const id of new Set([...should.keys(), ...does.keys()])) {
    const why = () => `${person.login} of ${id}:\n${storyOf(id, log, follower)}\n${all()}`;
    if (does.get(id) !== should.get(id)) assert.equal(does.get(id), should.get(id), why());
  }
  if (person.login !== "admin" || least > 0) return told.length;
  const isThere = ({ id }: Told) => known.has(id);
  assert.deepEqual(
    told.filter(isThere).map(({ seq }) => seq),
    log.filter(isThere).map(({ seq }) => seq),
  );
  return told.length;
}

/** What happened to a note, and what a follower was told of it. */
function storyOf(id: string, log: readonly Told[], { told }: Follower): string {
  const about = (name: string, changes: readonly Told[]) =>
    changes
      .filter((change) => change.id === id)
      .map((change) => `${name} ${JSON.stringify(change)}`);
  return [...about("happened", log), ...about("told", told)].join("\n");
}

/** All notes that somebody sees by the plain rules. */
export function seenBy(truth: Truth, person: Person): JsonObject[] {
  const user = truth.tables.get("users")?.get(person.id);
  assert(user, `there is ${person.login}`);
  const caller: Caller = {
    user: user.id,
    groups: membershipOf(user),
    credentials: patternsOf(truth, user),
    scopes: null,
    way: "sign-in",
  };
  const visible = thingsOf(truth, "notes").filter((thing) =>
    sees(truth, caller, "notes", "LIST", thing),
  );
  return visible.map((thing) => wholeOf(truth, thing));
}

function thingOf(entity: JsonObject): Thing {
  const { _id, owner, group, access, branch: _, time, _at, ...fields } = entity;
  const head = { id: String(_id), owner: String(owner), group: String(group) };
  const at = _at === undefined ? null : Number(_at);
  return { ...head, access: access as string[], time: Number(time), at, fields };
}

function named(entity: JsonObject) {
  return { id: String(entity["_id"]), text: textOf(entity) };
}

function withoutBranch({ branch: _, ...entity }: JsonObject | Entity) {
  return named(entity as JsonObject);
}

/** Whatever the order of its fields. */
function textOf(entity: object | null): string {
  return JSON.stringify(Object.entries(entity ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byId<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function idsOf(entities: readonly JsonObject[]): string[] {
  return entities.map(({ _id }) => String(_id)).sort();
}

function ascending(a: number, b: number): number {
  return a - b;
}
