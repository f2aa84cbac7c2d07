/**
 * What the cases of the engine suite stand on: an engine with two stores and a group, short words
 * for entities and queries, and the outcome of what must fail. Knows no case.
 */
import assert from "node:assert/strict";
import {
  type Change,
  everything,
  type Filter,
  type JsonObject,
  type Page,
  type Path,
  type Query,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  systemStore,
  type Violation,
} from "@stoa/domain";
import type {
  Commit,
  Draft,
  Engine,
  EngineOptions,
  LogRetention,
  Mark,
  Transaction,
} from "../src/storage/engine.ts";

export interface OpenedEngine {
  readonly engine: Engine;
  /** Closes it and opens what it kept; absent where nothing is kept. */
  readonly reopen?: () => Promise<Engine>;
  /** Ends whatever is open and takes away what was kept. */
  readonly close: () => Promise<void>;
}

export type OpenEngine = (options: EngineOptions) => Promise<OpenedEngine>;

/** What a case works with: an engine with the stores `groups` and `cities`, and one group. */
export interface World {
  engine: Engine;
  /** Every commit that the engine spoke of. */
  readonly commits: Commit[];
  /** The engine's clock, Unix milliseconds. */
  now: number;
  /** Undefined where the engine keeps nothing. */
  readonly reopen: (() => Promise<void>) | undefined;
}

export type Case = readonly [name: string, run: (world: World) => Promise<void>];

export const root = id(1);
export const user = id(2);
export const mark: Mark = { by: user, time: 1_478_724_250_000 };

/** `id(7)` is `000000000000000000000007`. */
export function id(number: number): string {
  return number.toString(16).padStart(24, "0");
}

export function store(name: string, more: Partial<StoreDefinition> = {}): StoreDefinition {
  const none = { schema: null, unique: [], indexes: [], search: [] };
  return {
    id: name,
    name,
    title: name,
    ...none,
    time: "server",
    idKind: "objectid",
    flavour: "entity",
    ...more,
  };
}

/** An entity to be, in the root group unless something else is said. */
export function draft(number: number, own: JsonObject = {}, head: Partial<Draft> = {}): Draft {
  const time = 1_478_724_243_000 + number;
  const body = JSON.stringify(own);
  return { id: id(number), owner: user, group: root, access: [], time, body, ...head };
}

/** The entity to be after an update: the one read, with other own fields or another head. */
export function changed(entity: StoredEntity, own?: JsonObject, head: Partial<Draft> = {}): Draft {
  const { at: _at, revision: _revision, ...rest } = entity;
  return { ...rest, ...(own && { body: JSON.stringify(own) }), ...head };
}

export async function insert(engine: Engine, name: string, ...drafts: Draft[]): Promise<void> {
  await engine.transact(async (tx) => {
    for (const one of drafts) await tx.insert(name, one, mark);
  });
}

export async function update(
  engine: Engine,
  name: string,
  number: number,
  own: JsonObject,
): Promise<StoredEntity> {
  return engine.transact(async (tx) => {
    const before = await readPresent(tx, name, number);
    return tx.update(name, before, changed(before, own), mark);
  });
}

export async function remove(engine: Engine, name: string, number: number): Promise<void> {
  await engine.transact(async (tx) => {
    await tx.remove(name, await readPresent(tx, name, number), mark);
  });
}

export async function readPresent(
  from: Pick<Transaction, "read">,
  name: string,
  number: number,
): Promise<StoredEntity> {
  const found = await from.read(name, id(number));
  assert(found, `${name} ${id(number)} should be there`);
  return kept(found);
}

/** What is kept of an entity, without what it is shown as. */
export function kept(entity: StoredEntity | undefined): StoredEntity {
  assert(entity);
  const { id, owner, group, access, time, at, revision, body } = entity;
  return { id, owner, group, access, time, at, revision, body };
}

export function query(more: Partial<Query> = {}): Query {
  return {
    filter: everything,
    order: [],
    offset: 0,
    limit: Number.POSITIVE_INFINITY,
    after: null,
    only: null,
    ...more,
  };
}

export async function pagesOf(engine: Engine, name: string, asked: Query): Promise<Page[]> {
  return Array.fromAsync(engine.find(name, asked));
}

export async function textsOf(engine: Engine, name: string, asked: Query): Promise<string[]> {
  return (await pagesOf(engine, name, asked)).flatMap(({ texts }) => texts);
}

export async function found(engine: Engine, name: string, asked: Query): Promise<JsonObject[]> {
  return (await textsOf(engine, name, asked)).map((text) => JSON.parse(text) as JsonObject);
}

/** The last four digits of each id that is found, as numbers. */
export async function numbersOf(engine: Engine, name: string, asked: Query): Promise<number[]> {
  return (await found(engine, name, asked)).map(({ _id }) => Number.parseInt(String(_id), 16));
}

export function is(path: Path, value: string | number | boolean | null): Filter {
  return {
    kind: "compare",
    op: "==",
    left: { kind: "property", path },
    right: { kind: "constant", value },
  };
}

export async function allChanges(engine: Engine): Promise<readonly Change[]> {
  return engine.changes(0, Number.MAX_SAFE_INTEGER);
}

/** The paths that a `conflict` names; fails for any other outcome. */
export async function conflictOf(work: Promise<unknown>): Promise<string[]> {
  const error = await errorOf(work);
  assert.equal(error.code, "conflict");
  const details: readonly Violation[] = error.details ?? [];
  for (const { rule, message } of details) {
    assert.equal(rule, "unique");
    assert.notEqual(message, "");
  }
  return details.map(({ path }) => path);
}

export async function errorOf(work: Promise<unknown>): Promise<StoaError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert(outcome instanceof StoaError, `should fail with a StoaError, not ${String(outcome)}`);
  return outcome;
}

/** Runs a case on an engine of its own. */
export async function inWorld(
  open: OpenEngine,
  run: (world: World) => Promise<void>,
  log?: LogRetention,
): Promise<void> {
  const commits: Commit[] = [];
  const options: EngineOptions = {
    onCommit: (commit) => void commits.push(commit),
    now: () => world.now,
    ...(log && { log }),
  };
  const { engine, reopen, close } = await open(options);
  const world: World = {
    engine,
    commits,
    now: 1_478_724_250_000,
    reopen:
      reopen &&
      (async () => {
        world.engine = await reopen();
      }),
  };
  try {
    await engine.transact(async (tx) => {
      await tx.define(systemStore("groups"));
      await tx.define(store("cities"));
      await tx.insert("groups", draft(1, { name: "Root", parent: null }), mark);
    });
    commits.length = 0;
    await run(world);
  } finally {
    await close();
  }
}
