/**
 * Crowds of random works, which an engine does together: each must go as it would alone, in the
 * order in which they came, as the memory engine says.
 */
import assert from "node:assert/strict";
import { everything, StoaError, type StoreDefinition } from "@stoa/domain";
import type { Draft, Engine, Transaction } from "../src/storage/engine.ts";
import { type Outcome, outcome } from "./engine-compare.ts";
import { textsOf } from "./engine-world.ts";
import { hexId, type Random } from "./random-world.ts";

export const crowdOptions = { now: () => 1_478_724_260_000, onCommit: () => undefined };
const mark = { by: hexId(0x200), time: 1_478_724_260_000 };

export class Crowd {
  readonly #random: Random;
  readonly #reference: Engine;
  readonly #engine: Engine;
  readonly #things: StoreDefinition;
  #made = 0;
  conflicts = 0;

  constructor(
    random: Random,
    [reference, engine]: readonly [Engine, Engine],
    unique: StoreDefinition["unique"] = [[["n"]]],
  ) {
    this.#random = random;
    this.#reference = reference;
    this.#engine = engine;
    this.#things = { ...things, unique };
  }

  async begin(): Promise<void> {
    for (const engine of [this.#reference, this.#engine]) {
      await engine.transact((tx) => tx.define(this.#things));
    }
  }

  /** Some come while others are written: nothing is waited for in between, but now and then. */
  async run(isWithConflicts: boolean, insertPart = 0.5): Promise<void> {
    const outcomes: Promise<readonly [Outcome, Outcome]>[] = [];
    for (let turn = 0; turn < 10; turn++) {
      const works = this.#random.many(1, 40, () => this.#work(insertPart));
      if (isWithConflicts) works.push(this.#conflict());
      for (const work of works) {
        const both = [this.#reference, this.#engine].map((engine) =>
          outcome(engine.transact(work)),
        );
        outcomes.push(Promise.all(both) as Promise<[Outcome, Outcome]>);
      }
      const pause = this.#random.between(0, 3);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    for (const [expected, actual] of await Promise.all(outcomes)) {
      assert.deepEqual(actual, expected);
      if (expected.kind === "refused" && expected.code === "conflict") this.conflicts++;
    }
  }

  async compare(engine: Engine): Promise<void> {
    const all = { filter: everything, order: [], offset: 0, after: null, only: null };
    const query = { ...all, limit: Number.POSITIVE_INFINITY };
    const expected = await textsOf(this.#reference, things.name, query);
    assert.deepEqual(await textsOf(engine, things.name, query), expected);
    const changes = await this.#reference.changes(0, Number.POSITIVE_INFINITY);
    assert.deepEqual(await engine.changes(0, Number.POSITIVE_INFINITY), changes);
    for (let group = 0; group < groupCount; group++) {
      const filter = { kind: "element", op: "==", path: ["group"], value: groupId(group) } as const;
      const count = await this.#reference.count(things.name, filter);
      assert.equal(await engine.count(things.name, filter), count);
    }
  }

  #work(insertPart: number): (tx: Transaction) => Promise<unknown> {
    const random = this.#random;
    const chance = 0.5 + random.fraction() / 2;
    const id = this.#knownId();
    const draft = this.#draft(hexId(1 + ++this.#made));
    if (random.chance(insertPart)) return (tx) => tx.insert(things.name, draft, mark);
    if (chance < 0.9) return (tx) => change(tx, { ...draft, id });
    if (chance < 0.97) return (tx) => remove(tx, id);
    if (chance < 0.975) return (tx) => insertAndFail(tx, draft);
    if (chance < 0.98) return (tx) => tx.count(things.name, everything);
    const other = { ...draft, body: JSON.stringify({ n: -this.#made }) };
    return async (tx) => [await tx.insert(things.name, draft, mark), await change(tx, other)];
  }

  /** With an id or a value that is taken, unless what took it is gone. */
  #conflict(): (tx: Transaction) => Promise<unknown> {
    const draft = this.#draft(this.#random.chance(0.5) ? this.#knownId() : hexId(1 + ++this.#made));
    const body = JSON.stringify({ n: 7 });
    return (tx) => tx.insert(things.name, { ...draft, body }, mark);
  }

  #knownId(): string {
    return hexId(1 + this.#random.between(0, this.#made));
  }

  #draft(id: string): Draft {
    const random = this.#random;
    const text = "x".repeat(random.chance(0.002) ? random.between(0, 5_000) : 20);
    const access = random.some([hexId(0x301), hexId(0x302), hexId(0x303)], 2).sort();
    const group = groupId(random.between(0, groupCount - 1));
    const owner = hexId(0x400 + random.between(0, 30));
    return {
      id,
      owner,
      group,
      access,
      time: 1,
      body: JSON.stringify({ n: this.#made * 10, text }),
    };
  }
}

async function change(tx: Transaction, after: Draft): Promise<unknown> {
  const before = await tx.read(things.name, after.id);
  return before && tx.update(things.name, before, after, mark);
}

async function remove(tx: Transaction, id: string): Promise<unknown> {
  const before = await tx.read(things.name, id);
  if (before) await tx.remove(things.name, before, mark);
  return before;
}

async function insertAndFail(tx: Transaction, draft: Draft): Promise<never> {
  await tx.insert(things.name, draft, mark);
  assert.ok(await tx.read(things.name, draft.id), "it sees what it has written");
  throw new StoaError("forbidden", "not this one");
}

function groupId(n: number): string {
  return hexId(0x5000 + n);
}

const groupCount = 40;

const things: StoreDefinition = {
  id: hexId(0x100),
  name: "things",
  title: "Things",
  schema: null,
  unique: [[["n"]]],
  indexes: [[["text"]]],
  search: [],
  time: "server",
  idKind: "objectid",
  flavour: "entity",
};
