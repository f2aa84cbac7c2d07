/**
 * What has become of one entity, as far as a caller may see it now, and taking it back to one of
 * its versions (design 2, "History"; rules 1, 10, 19). Reads the log of changes; restoring is a
 * write like any other.
 */
import {
  bodyCharacters,
  type Caller,
  type Change,
  controls,
  everything,
  type Found,
  type Json,
  type JsonObject,
  type JsonPatch,
  limit,
  type Patch,
  StoaError,
  type StoredEntity,
  violation,
} from "@stoa/domain";
import type { ChangesAbout } from "../storage/engine.ts";
import { type OpenedStore, openStore, requireMatch, stale, writeAs } from "./caller-write.ts";
import { coversUser } from "./coverage.ts";
import { isInDirectory } from "./directory.ts";
import { foundOf, markOf, updateOne } from "./entity-writing.ts";
import { type FeedChange, type OpenedChange, Version } from "./feed-event.ts";
import { sightOf } from "./feed-sight.ts";
import { Subscription } from "./feed-subscription.ts";
import type { House, Write } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { History, HistoryPage, HistoryQuestion, Restoration } from "./services.ts";
import { violationsError } from "./store-catalog.ts";
import { notFound, requireVisible, sees, visibleFilter } from "./visibility.ts";

export class EntityHistory implements History {
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  async read(caller: Caller, question: HistoryQuestion): Promise<HistoryPage> {
    const { store, id, before } = question;
    requireHistory(caller, store, "GET", "history");
    const { rules } = openStore(this.#house, store, "GET");
    const { engine } = this.#house;
    const sight = await sightOf(this.#house, caller, store);
    const present = await engine.read(store, id);
    const now = present ? new Version(present, engine.tree) : null;
    if (now && !sight(now)) throw notFound(store);
    const wish = { store, filter: everything, only: null };
    const subscription = new Subscription("", wish, {
      caller,
      kind: rules.kind,
      sight,
      position: 0,
    });
    const open = (change: Change) => opened(change, now, engine.tree);
    if (!now) {
      const [last] = await engine.changes(0, 1, { store, id, from: Number.POSITIVE_INFINITY });
      if (!last || !subscription.eventOf(open(last))) throw notFound(store);
    }
    const { page, isLast, oldest } = await pageOf(engine, question);
    const events = page.flatMap((change) => {
      const event = subscription.eventOf(open(change));
      return event ? [{ ...event, changed: changedFields(event, change) }] : [];
    });
    const next = isLast ? null : (page.at(-1)?.sequence ?? null);
    return { changes: events, next, gap: isLast && isCut(oldest, before, engine.keptSince) };
  }

  async restore(caller: Caller, asked: Restoration): Promise<Found> {
    const { store, id, sequence } = asked;
    requireHistory(caller, store, "POST", "restore");
    const opened = openStore(this.#house, store, "GET");
    const act = { method: "POST", path: [store, ":id", "restore"] } as const;
    const prepared = await prepare(this.#house, caller, opened, asked);
    return writeAs(this.#house, caller, { act, store, rules: opened.rules, id }, async (write) => {
      requireHistory(write.caller, store, "POST", "restore");
      if (!(await write.tx.read(store, id))) return recreate(write, asked);
      const before = await requireVisible(write, id, "GET");
      requireAct(write.caller, { method: "PATCH", path: [store, ":id"] }, { id });
      openStore(this.#house, store, "PATCH");
      await opened.rules.control?.(write, before);
      requireMatch(before, write.tx, asked.ifMatch);
      const version = await visibleVersion(write, id, sequence);
      return updateOne({ ...write, prepared }, opened.rules, before, patchTo(before, version));
    });
  }
}

/** As many as were asked for, or as many as fit; `oldest` is the last one that was looked at. */
async function pageOf(
  engine: House["engine"],
  { store, id, before, limit: size }: HistoryQuestion,
) {
  const page: Change[] = [];
  let bytes = 0;
  let oldest: Change | undefined;
  for await (const change of changesAbout(engine, { store, id, from: before })) {
    // The one that the page before ended with shows where to go on.
    if (change.sequence !== before) {
      if (page.length >= size || bytes > limit.historyBytesMax) {
        return { page, isLast: false, oldest };
      }
      page.push(change);
      bytes += bodyCharacters(change);
    }
    oldest = change;
  }
  return { page, isLast: true, oldest };
}

/** Newest first, in pieces that are small however large the versions are. */
async function* changesAbout(engine: House["engine"], about: ChangesAbout): AsyncGenerator<Change> {
  let { from } = about;
  for (let piece = 2, isFirst = true; ; isFirst = false) {
    const changes = await engine.changes(0, piece, { ...about, from });
    yield* isFirst ? changes : changes.slice(1);
    const last = changes.at(-1);
    if (!last || changes.length < piece) return;
    from = last.sequence;
    const bytesMean = changes.reduce((sum, one) => sum + bodyCharacters(one), 1) / changes.length;
    piece = Math.min(pieceMax, 2 + Math.floor(pieceBytesMax / bytesMean));
  }
}

const pieceMax = 200;
const pieceBytesMax = 1024 * 1024;

/** Both doors tell of earlier versions, so both need to read the store (rule 19). */
function requireHistory(
  caller: Caller,
  store: string,
  method: "GET" | "POST",
  word: "history" | "restore",
): void {
  requireAct(caller, { method, path: [store, ":id", word] });
  requireAct(caller, { method: "GET", path: [store] });
}

function opened(change: Change, present: Version | null, tree: Version["tree"]): OpenedChange {
  return {
    change,
    before: change.before && new Version(change.before, tree),
    after: change.after && new Version(change.after, tree),
    present,
  };
}

/** Fields that differ, where both versions may be seen: `["name", "owner"]`. */
function changedFields({ op }: FeedChange, { before, after }: Change): readonly string[] | null {
  if (op !== "update" || !before || !after) return null;
  const old = JSON.parse(before.body) as JsonObject;
  const own = JSON.parse(after.body) as JsonObject;
  const text = (object: JsonObject, name: string) =>
    Object.hasOwn(object, name) ? JSON.stringify(object[name]) : undefined;
  const names = [...new Set([...Object.keys(old), ...Object.keys(own)])];
  const heads = (["owner", "group", "access"] as const).filter(
    (name) => String(before[name]) !== String(after[name]),
  );
  return [...heads, ...names.filter((name) => text(old, name) !== text(own, name))];
}

/** Whether there was more, which the log no longer holds. */
function isCut(oldest: Change | undefined, before: number, keptSince: number): boolean {
  if (oldest) return oldest.before !== null;
  return before === Number.POSITIVE_INFINITY || before <= keptSince;
}

/** What is slow is done before the transaction, on what is there now. */
async function prepare(
  house: House,
  caller: Caller,
  { rules }: OpenedStore,
  { store, id, sequence }: Restoration,
): Promise<unknown> {
  if (!rules.prepare) return undefined;
  const [present, [change]] = await Promise.all([
    house.engine.read(store, id),
    house.engine.changes(0, 1, { store, id, from: sequence }),
  ]);
  const version = change && (change.after ?? change.before);
  if (!present || !version) return undefined;
  const patch = patchTo(present, version);
  return rules.prepare(house, caller, { kind: "update", id, patch, parameters: {} });
}

/** Every own field taken out and those of the version put in, so that they stand in its order. */
function patchTo(before: StoredEntity, { body }: StoredEntity): Patch {
  const namesOf = (text: string) => Object.keys(JSON.parse(text) as JsonObject);
  const fields = JSON.parse(body) as JsonObject;
  const patch: JsonPatch = [
    ...namesOf(before.body).map((name) => ({ op: "remove" as const, path: [name] })),
    ...namesOf(body).map((name) => {
      return { op: "add" as const, path: [name], value: fields[name] as Json };
    }),
  ];
  return { kind: "json", patch };
}

/**
 * The version that a change made, or removed. Errors: one same `validation` for numbers that are
 * no change of it, that are no longer kept, and for versions that the caller may not see.
 */
async function visibleVersion(
  { house, tx, caller, store }: Write,
  id: string,
  sequence: number,
): Promise<StoredEntity> {
  const [change] = await house.engine.changes(0, 1, { store, id, from: sequence });
  const version = change && (change.after ?? change.before);
  const visible = await visibleFilter(house, caller, store, "GET", tx.tree);
  if (version && sees(visible, version, tx.tree)) return version;
  throw violation("sequence", "version", "is no version of it that is kept and that you may see");
}

/**
 * What was removed, under its id again: by those who may create it there, and who decided over it.
 * Owner and grants come back as far as the caller could give them (rules 9, 10).
 */
async function recreate(write: Write, { id, sequence, ifMatch }: Restoration): Promise<Found> {
  const { house, tx, caller, store } = write;
  const { rules } = openStore(house, store, "GET");
  const about = { store, id, from: Number.POSITIVE_INFINITY };
  const [last] = await house.engine.changes(0, 1, about);
  const visible = await visibleFilter(house, caller, store, "GET", tx.tree);
  if (!last?.before || last.after || !sees(visible, last.before, tx.tree)) throw notFound(store);
  if (rules.system) {
    const message = `What was removed from ${store} does not come back.`;
    throw new StoaError("method", message, { allow: ["GET"], store });
  }
  requireAct(caller, { method: "POST", path: [store] });
  const { before } = last;
  if (!controls(caller, before, tx.tree) || !tx.tree.reachOf(caller.groups).has(before.group)) {
    throw new StoaError("forbidden", "Only those above its group bring back what was removed.");
  }
  if (ifMatch) throw stale();
  const { body } = await visibleVersion(write, id, sequence);
  const violations = house.catalog.get(store).validate(JSON.parse(body) as JsonObject);
  if (violations.length > 0) throw violationsError(violations, store);
  const draft = { ...before, owner: await ownerFor(write, before), body };
  const access = await knownOf(write, before.access);
  return foundOf(await tx.insert(store, { ...draft, access }, markOf(write)), tx.tree);
}

/** The owner that it had, if that is the caller or a user that it covers; else the caller. */
async function ownerFor({ tx, caller }: Write, { owner }: StoredEntity): Promise<string> {
  return (await coversUser(tx, caller, owner)) ? owner : caller.user;
}

async function knownOf(
  { tx, caller }: Write,
  principals: readonly string[],
): Promise<readonly string[]> {
  const known: string[] = [];
  for (const id of principals) if (await isInDirectory(tx, caller, id)) known.push(id);
  return known;
}
