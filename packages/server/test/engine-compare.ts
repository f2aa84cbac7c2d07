/**
 * Runs one random history on two engines and holds the second to the first: the same outcome of
 * every work, the same texts in the same order, the same counts. Knows the port only.
 */
import assert from "node:assert/strict";
import {
  entityValue,
  type Filter,
  type JsonObject,
  type Query,
  StoaError,
  type StoreDefinition,
  systemStore,
} from "@stoa/domain";
import type { Draft, Engine, Transaction } from "../src/storage/engine.ts";
import { textsOf } from "./engine-world.ts";
import { type QuerySource, randomFilter, randomQuery } from "./random-query.ts";
import {
  hexId,
  type Random,
  type RandomWorld,
  randomDraft,
  randomStore,
  randomWorld,
} from "./random-world.ts";

export interface Extent {
  readonly entities: number;
  readonly rounds: number;
  readonly queriesPerRound: number;
}

/** What a comparison saw, so that it can be asserted that it saw something. */
export interface Tally {
  queries: number;
  /** Queries that found something. */
  found: number;
  /** Works that both engines refused. */
  refused: number;
  /** Works that both engines did. */
  done: number;
  /** Kinds of filters and expressions, and functions, in queries that let a part through. */
  readonly kinds: Set<string>;
}

export interface Contest {
  readonly reference: Engine;
  readonly engine: Engine;
  /** Closes the engine and opens what it kept. */
  readonly reopen: () => Promise<Engine>;
}

export function emptyTally(): Tally {
  return { queries: 0, found: 0, refused: 0, done: 0, kinds: new Set() };
}

const storeName = "things";

/** Adds what it saw to the tally. */
export async function compareEngines(
  random: Random,
  { reference, engine, reopen }: Contest,
  extent: Extent,
  tally: Tally,
): Promise<void> {
  const history = new History(random, [reference, engine], tally);
  await history.begin(extent.entities);
  for (let round = 0; round < extent.rounds; round++) {
    await history.ask(extent.queriesPerRound);
    await history.write();
    if (random.chance(0.2)) history.goOnWith([reference, await reopen()]);
  }
}

type Step =
  | { readonly kind: "insert" | "update"; readonly draft: Draft }
  | { readonly kind: "remove"; readonly id: string }
  | { readonly kind: "move"; readonly group: string; readonly parent: string }
  | { readonly kind: "look"; readonly filter: Filter; readonly limit: number };

class History {
  readonly #tally: Tally;
  readonly #random: Random;
  #engines: readonly [Engine, Engine];
  readonly #world: RandomWorld;
  /** Every entity that was ever meant to be there. */
  readonly #entities: JsonObject[] = [];
  readonly #ids: string[] = [];
  #definition: StoreDefinition;

  constructor(random: Random, engines: readonly [Engine, Engine], tally: Tally) {
    this.#tally = tally;
    this.#random = random;
    this.#engines = engines;
    this.#world = randomWorld(random);
    this.#definition = randomStore(random, storeName, true);
  }

  goOnWith(engines: readonly [Engine, Engine]): void {
    this.#engines = engines;
  }

  async begin(entities: number): Promise<void> {
    const groups = this.#world.groups.map(({ id, parent }) => groupDraft(id, parent));
    await this.#both("groups", async (tx) => {
      await tx.define(systemStore("groups"));
      for (const draft of groups) await tx.insert("groups", draft, mark);
    });
    await this.#both("definition", (tx) => tx.define(this.#definition));
    while (this.#ids.length < entities) {
      const size = this.#random.between(1, 12);
      const steps = Array.from({ length: size }, () => this.#newEntity());
      await this.#run(steps);
    }
  }

  async ask(queries: number): Promise<void> {
    const everything = await this.#engines[0].count(storeName, { kind: "all", of: [] });
    for (let index = 0; index < queries; index++) {
      const query = randomQuery(this.#source);
      const [expected, actual] = await this.#answers(query);
      this.#tally.queries++;
      if (expected.texts.length > 0) this.#tally.found++;
      if (expected.count > 0 && expected.count < everything)
        addKinds(query.filter, this.#tally.kinds);
      if (!sameAnswer(expected, actual)) await this.#fail(query);
    }
  }

  /** A few works of some steps each, sometimes with other indexes before. */
  async write(): Promise<void> {
    const works = this.#random.many(1, 4, () => this.#random.many(1, 6, () => this.#step()));
    for (const steps of works) await this.#run(steps);
    for (let crowd = this.#random.between(0, 3); crowd > 0; crowd--) {
      await this.#runTogether(this.#random.many(2, 60, () => this.#fewSteps()));
    }
    if (this.#random.chance(0.5)) await this.#redefine();
  }

  get #source(): QuerySource {
    const { search: searched } = this.#definition;
    return { random: this.#random, world: this.#world, entities: this.#entities, searched };
  }

  #newEntity(): Step {
    const id = this.#random.chance(0.02) ? this.#knownId() : hexId(0x1000 + this.#ids.length * 7);
    return { kind: "insert", draft: this.#draft(id) };
  }

  #draft(id: string): Draft {
    const draft = randomDraft(this.#random, this.#world, id);
    this.#ids.push(id);
    this.#entities.push(entityValue({ ...draft, at: null }, [draft.group]));
    return draft;
  }

  #knownId(): string {
    return this.#ids.length === 0 ? hexId(0x1000) : this.#random.pick(this.#ids);
  }

  #step(): Step {
    const random = this.#random;
    const kind = random.pick(["insert", "update", "update", "remove", "move", "look"] as const);
    switch (kind) {
      case "insert":
        return this.#newEntity();
      case "update":
        return { kind, draft: this.#draft(this.#knownId()) };
      case "remove":
        return { kind, id: this.#knownId() };
      case "move": {
        const [group, parent] = [random.pick(this.#world.groups), random.pick(this.#world.groups)];
        return { kind, group: group.id, parent: parent.id };
      }
      case "look":
        return { kind, filter: randomFilter(this.#source, 2), limit: random.between(1, 50) };
      default:
        return kind satisfies never;
    }
  }

  async #run(steps: readonly Step[]): Promise<void> {
    await this.#both(steps, (tx) => takeAll(tx, steps));
  }

  /** Mostly what touches a single entity, as most works do that come together. */
  #fewSteps(): Step[] {
    return this.#random.many(1, this.#random.chance(0.2) ? 4 : 1, () => {
      const step = this.#step();
      const isRare = step.kind === "move" || step.kind === "look";
      return isRare && this.#random.chance(0.9) ? this.#newEntity() : step;
    });
  }

  /** Handed in at the same time, works take effect in the order in which they came. */
  async #runTogether(works: readonly (readonly Step[])[]): Promise<void> {
    const run = (engine: Engine) =>
      Promise.all(works.map((steps) => outcome(engine.transact((tx) => takeAll(tx, steps)))));
    await this.#same(works, run);
  }

  async #redefine(): Promise<void> {
    const definition = randomStore(this.#random, storeName, this.#random.chance(0.4));
    const prepared = await this.#same(definition, (engine) => engine.prepare(definition));
    const defined = await this.#both(definition, (tx) => tx.define(definition));
    assert.equal(prepared, defined, "what can be prepared can be defined");
    if (defined) this.#definition = definition;
  }

  /** Whether the work was done; fails when the engines do not agree. */
  async #both(what: unknown, work: (tx: Transaction) => Promise<unknown>): Promise<boolean> {
    return this.#same(what, (engine) => engine.transact(work));
  }

  async #same(what: unknown, run: (engine: Engine) => Promise<unknown>): Promise<boolean> {
    const [expected, actual] = await Promise.all(
      this.#engines.map((engine) => outcome(run(engine))),
    );
    const message = this.#report("the outcome of a work", what);
    assert.deepEqual(actual, expected, message);
    const isDone = expected?.kind === "done";
    this.#tally[isDone ? "done" : "refused"]++;
    return isDone;
  }

  async #answers(query: Query): Promise<[Answer, Answer]> {
    const [expected, actual] = await Promise.all(
      this.#engines.map((engine) => answer(engine, query)),
    );
    return [expected as Answer, actual as Answer];
  }

  async #fail(query: Query): Promise<never> {
    const smallest = await this.#shrink(query);
    const [expected, actual] = await this.#answers(smallest);
    const at = expected.texts.findIndex((text, index) => text !== actual.texts[index]);
    const place = at < 0 ? expected.texts.length : at;
    const lines = [
      this.#report("the answer to a query", smallest),
      `counts: ${expected.count} and ${actual.count}`,
      `lengths: ${expected.texts.length} and ${actual.texts.length}, first difference at ${place}`,
      `reference: ${expected.texts[place]?.slice(0, 4_000)}`,
      `engine:    ${actual.texts[place]?.slice(0, 4_000)}${actual.error}`,
    ];
    assert.fail(lines.join("\n"));
  }

  /** The smallest part of the query about which the engines still differ. */
  async #shrink(query: Query): Promise<Query> {
    for (const smaller of smallerQueries(query)) {
      const [expected, actual] = await this.#answers(smaller);
      if (!sameAnswer(expected, actual)) return this.#shrink(smaller);
    }
    return query;
  }

  #report(what: string, value: unknown): string {
    const show = (it: unknown) =>
      JSON.stringify(it, (_, inner: unknown) => (inner instanceof Set ? [...inner] : inner));
    const { unique, indexes } = this.#definition;
    return (
      `${what} differs; run again with STOA_SEED=${this.#random.seed}\n` +
      `store: ${show({ unique, indexes })}\n${show(value)?.slice(0, 8_000)}`
    );
  }
}

const mark = { by: hexId(0x200), time: 1_478_724_260_000 };

function groupDraft(id: string, parent: string | null): Draft {
  const body = JSON.stringify({ name: "Group", parent });
  return { id, owner: hexId(0x200), group: id, access: [], time: 1_478_724_243_000, body };
}

async function takeAll(tx: Transaction, steps: readonly Step[]): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const step of steps) results.push(await take(tx, step));
  return results;
}

async function take(tx: Transaction, step: Step): Promise<unknown> {
  switch (step.kind) {
    case "insert":
      return shown(await tx.insert(storeName, step.draft, mark));
    case "update": {
      const before = await tx.read(storeName, step.draft.id);
      return before && shown(await tx.update(storeName, before, step.draft, mark));
    }
    case "remove": {
      const before = await tx.read(storeName, step.id);
      if (before) await tx.remove(storeName, before, mark);
      return before && shown(before);
    }
    case "move": {
      const before = await tx.read("groups", step.group);
      assert(before);
      await tx.update("groups", before, groupDraft(step.group, step.parent), mark);
      return tx.tree.branchOf(step.group);
    }
    case "look":
      return [
        (await tx.find(storeName, step.filter, step.limit)).map(shown),
        await tx.count(storeName, step.filter),
      ];
    default:
      return step satisfies never;
  }
}

/** Without the revision, as sequence numbers may have gaps. */
function shown({ revision: _, ...rest }: { readonly revision: number }): object {
  return rest;
}

export type Outcome =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "refused"; readonly code: string; readonly paths: readonly string[] };

/** How a work went, in words that are the same for every engine. */
export async function outcome(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { kind: "done", value: await work };
  } catch (error) {
    if (!(error instanceof StoaError)) throw error;
    const paths = (error.details ?? []).map(({ path, rule }) => `${path} ${rule}`);
    return { kind: "refused", code: error.code, paths };
  }
}

interface Answer {
  readonly texts: readonly string[];
  readonly count: number;
  /** What the engine threw instead; empty if it did not. */
  readonly error: string;
}

async function answer(engine: Engine, query: Query): Promise<Answer> {
  try {
    const texts = await textsOf(engine, storeName, query);
    return { texts, count: await engine.count(storeName, query.filter), error: "" };
  } catch (error) {
    return { texts: [], count: -1, error: error instanceof Error ? `${error.stack}` : `${error}` };
  }
}

function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.count !== b.count || a.texts.length !== b.texts.length || a.error !== b.error) return false;
  return a.texts.every((text, index) => text === b.texts[index]);
}

function smallerQueries(query: Query): Query[] {
  const { filter, order, offset, limit, after, only } = query;
  const smaller: Query[] = [];
  if (only !== null) smaller.push({ ...query, only: null });
  if (offset > 0) smaller.push({ ...query, offset: 0 });
  if (limit < Number.POSITIVE_INFINITY) smaller.push({ ...query, limit: Number.POSITIVE_INFINITY });
  if (after !== null) smaller.push({ ...query, after: null });
  if (after === null) {
    for (const key of order) smaller.push({ ...query, order: order.filter((one) => one !== key) });
  }
  for (const part of smallerFilters(filter)) smaller.push({ ...query, filter: part });
  return smaller;
}

function smallerFilters(filter: Filter): Filter[] {
  switch (filter.kind) {
    case "all":
    case "any": {
      const { kind, of } = filter;
      if (of.length === 0) return kind === "any" ? [{ kind: "all", of: [] }] : [];
      return [
        { kind: "all", of: [] },
        ...of,
        ...of.flatMap((part, index) =>
          smallerFilters(part).map((small) => ({ kind, of: of.with(index, small) })),
        ),
      ];
    }
    case "not":
      return [
        { kind: "all", of: [] },
        filter.of,
        ...smallerFilters(filter.of).map((of) => ({ kind: "not", of }) as const),
      ];
    default:
      return [{ kind: "all", of: [] }];
  }
}

/** Every `kind` and function name in a filter. */
function addKinds(part: unknown, kinds: Set<string>): void {
  if (typeof part !== "object" || part === null || part instanceof Set) return;
  if (Array.isArray(part)) {
    for (const one of part) addKinds(one, kinds);
    return;
  }
  const { kind, name, value: _, ...rest } = part as Record<string, unknown>;
  if (typeof kind === "string") kinds.add(typeof name === "string" ? name : kind);
  for (const one of Object.values(rest)) addKinds(one, kinds);
}
