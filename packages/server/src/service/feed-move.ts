/**
 * What stands below a moved group, as it was at the move: one change of the log that changes who
 * sees many entities. Read once for all who follow. Knows no subscription.
 */
import { type Change, type GroupTree, limit, type Query, type StoredEntity } from "@stoa/domain";
import type { Engine } from "../storage/engine.ts";
import { Version } from "./feed-event.ts";
import { changesAtOnce, Slice, type Turns } from "./feed-turn.ts";

/** An entity below the group, with the tree before the move and the one after it. */
export interface MovedEntity {
  readonly store: string;
  readonly before: Version;
  readonly after: Version;
}

/** A group that was moved, and the trees before and after. */
export interface Move {
  readonly change: Change;
  readonly before: GroupTree;
  readonly after: GroupTree;
}

export interface MoveSource {
  readonly engine: Engine;
  readonly turns: Turns;
  /** The highest number that is known to be committed. */
  readonly head: number;
  /** Changes up to it may be no longer kept. */
  readonly keptSince: number;
  changesAfter(sequence: number, countMax: number): Promise<readonly Change[]>;
}

/**
 * The number by which a client resumes behind one of the entities of a move: they lie between the
 * change before and the move itself, `416.25` before 417, each later than the one before.
 */
export function partOf(sequence: number, index: number): number {
  return sequence - 1 + (index + 1) / partsMax;
}

export class MovedEntities {
  readonly #source: MoveSource;
  readonly #known = new Map<string, Promise<readonly MovedEntity[] | null>>();
  #forgetting: NodeJS.Timeout | undefined;

  constructor(source: MoveSource) {
    this.#source = source;
  }

  /**
   * In an order that is always the same: by store, then by id. Null where they are too many, too
   * large, or changed too much since: `movedEntitiesMax`, `movedBytesMax`, `movedChangesMax`.
   */
  async below(move: Move, stores: readonly string[]): Promise<readonly MovedEntity[] | null> {
    const found: MovedEntity[] = [];
    for (const store of stores) {
      const part = await this.#of(move, store);
      if (!part || found.length + part.length > limit.movedEntitiesMax) return null;
      found.push(...part);
    }
    return found;
  }

  #of(move: Move, store: string): Promise<readonly MovedEntity[] | null> {
    const key = `${move.change.sequence} ${store}`;
    const known = this.#known.get(key);
    if (known) return known;
    const reading = readBelow(this.#source, move, store);
    this.#known.set(key, reading);
    reading.catch(() => this.#known.delete(key));
    const [oldest] = this.#known.keys();
    if (this.#known.size > listsKeptMax && oldest !== undefined) this.#known.delete(oldest);
    this.#forgetting ??= setTimeout(() => this.#forget(), forgetAfterMs).unref();
    return reading;
  }

  #forget(): void {
    this.#known.clear();
    this.#forgetting = undefined;
  }
}

/** Those there now that have not changed since, and of the others what the log says. */
async function readBelow(
  source: MoveSource,
  move: Move,
  store: string,
): Promise<readonly MovedEntity[] | null> {
  const { change, before, after } = move;
  const groups = after.reachOf([change.id]);
  const found = await readPresent(source, store, groups, change.sequence);
  if (!found || !(await takeBack(source, move, store, found))) return null;
  // Of the group itself the change tells.
  if (store === change.store) found.delete(change.id);
  const entities = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const bytes = entities.reduce((sum, { body }) => sum + body.length, 0);
  if (entities.length > limit.movedEntitiesMax || bytes > limit.movedBytesMax) return null;
  return entities.map((entity) => ({
    store,
    before: new Version(entity, before),
    after: new Version(entity, after),
  }));
}

async function readPresent(
  { engine, turns }: MoveSource,
  store: string,
  groups: ReadonlySet<string>,
  sequence: number,
): Promise<Map<string, StoredEntity> | null> {
  const found = new Map<string, StoredEntity>();
  const slice = new Slice(turns);
  let [bytes, count] = [0, 0];
  for await (const { texts } of engine.find(store, idsIn(groups))) {
    const ids = texts.map((text) => (JSON.parse(text) as { _id: string })._id);
    for (const entity of await Promise.all(ids.map((id) => engine.read(store, id)))) {
      if (entity && entity.revision <= sequence) found.set(entity.id, entity);
      bytes += entity?.body.length ?? 0;
    }
    count += ids.length;
    if (count > limit.movedEntitiesMax || bytes > limit.movedBytesMax) return null;
    if (slice.isOver) await slice.next();
  }
  return found;
}

function idsIn(reach: ReadonlySet<string>): Query {
  const filter = { kind: "visible", owner: null, principals: none, reach, self: null } as const;
  const only = [["_id"]];
  return { filter, order: [], offset: 0, limit: limit.movedEntitiesMax + 1, after: null, only };
}

/**
 * Puts what has changed since back to what it was.
 * @returns whether that could be done.
 */
async function takeBack(
  source: MoveSource,
  { change, after: tree }: Move,
  store: string,
  found: Map<string, StoredEntity>,
): Promise<boolean> {
  const groups = tree.reachOf([change.id]);
  // What was read may hold what others have committed, and this process has not heard of yet.
  await source.engine.follow();
  const until = source.head;
  const seen = new Set<string>();
  let count = 0;
  for (let at = change.sequence; at < until; ) {
    const changes = await source.changesAfter(at, changesAtOnce);
    for (const { store: name, id, before, sequence } of changes) {
      at = sequence;
      if (sequence > until || name !== store || seen.has(id)) continue;
      seen.add(id);
      if (before && groups.has(before.group)) found.set(id, before);
      else found.delete(id);
    }
    count += changes.length;
    if (count > limit.movedChangesMax || change.sequence < source.keptSince) return false;
    if (changes.length === 0) return true;
    await source.turns.next();
  }
  return true;
}

const none: ReadonlySet<string> = new Set();
const partsMax = 2 ** 14;
const listsKeptMax = 4;
const forgetAfterMs = 2_000;
