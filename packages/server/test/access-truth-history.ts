/**
 * What the history of an entity must show, by brute force over every change that there ever was,
 * and which version one may go back to (rule 19).
 */
import type { Change, Json, JsonObject, StoredEntity } from "@stoa/domain";
import { sameJson } from "./access-draft.ts";
import type { Request } from "./access-request.ts";
import {
  type Asker,
  holdsAll,
  may,
  mayUse,
  reachesRoot,
  sees,
  type Thing,
  type Truth,
  thingAt,
  wholeOf,
} from "./access-truth.ts";
import { refuse, visibleThing } from "./access-truth-refusal.ts";

export function historyAnswer(
  truth: Truth,
  asker: Asker,
  { store, id, before, limit }: Extract<Request, { kind: "history" }>,
): Json {
  openHistory(truth, asker, store, ["GET", "history"]);
  const isThere = thingAt(truth, store, id) !== undefined;
  if (isThere) visibleThing(truth, asker, store, "GET", id);
  const all = changesOf(truth, store, id);
  const shown = (change: Change) => shownChange(truth, asker, change, isThere);
  if (!isThere && !(all[0] && shown(all[0]))) refuse("not_found");
  const later = before === null ? 0 : all.findIndex(({ sequence }) => sequence === before) + 1;
  const isNone = before !== null && later === 0;
  const page = isNone ? [] : all.slice(later, later + limit);
  const isLast = isNone || later + limit >= all.length;
  return {
    changes: page.flatMap((change) => shown(change) ?? []),
    next: isLast ? null : (page.at(-1)?.sequence ?? null),
    gap: false,
  };
}

/** Errors: the refusals of a store whose earlier versions may not be read. */
export function openHistory(
  truth: Truth,
  asker: Asker,
  store: string,
  [method, word]: readonly [string, string],
): void {
  if (!may(asker, method, [store, ":id", word])) refuse("forbidden");
  if (!mayUse(asker, "GET", [store])) refuse("forbidden");
  if (!truth.tables.has(store)) refuse("not_found");
}

/** Newest first. */
export function changesOf({ log }: Truth, store: string, id: string): Change[] {
  return log.filter((change) => change.store === store && change.id === id).reverse();
}

/** The version of a change that the asker may see; of a removal, what was removed. */
export function versionAt(
  truth: Truth,
  asker: Asker,
  { store, id, sequence }: Extract<Request, { kind: "restore" }>,
): Thing {
  const change = changesOf(truth, store, id).find((one) => one.sequence === sequence);
  const version = change?.after ?? change?.before;
  const thing = version && thingOf(version);
  return thing && seesVersion(truth, asker, store, thing) ? thing : refuse("validation");
}

/** Members of the root see all there is, so also what was of a group or a user that is gone. */
export function seesVersion(truth: Truth, asker: Asker, store: string, version: Thing): boolean {
  const isWay = store === "tokens" || store === "sessions";
  const isHeld = !isWay || holdsAll(asker, ["*"]);
  if (store !== "stores" && reachesRoot(truth, asker) && isHeld) return true;
  return sees(truth, asker, store, "GET", version);
}

export function thingOf({ body, revision: _, ...head }: StoredEntity): Thing {
  return { ...head, fields: JSON.parse(body) as JsonObject };
}

function shownChange(truth: Truth, asker: Asker, change: Change, isThere: boolean): Json | null {
  const { store, sequence: seq } = change;
  const before = change.before && thingOf(change.before);
  const after = change.after && thingOf(change.after);
  const was = before !== null && seesVersion(truth, asker, store, before);
  const is = after !== null && seesVersion(truth, asker, store, after);
  if (was && !is) return { seq, op: after ? "leave" : "remove", entity: null, changed: null };
  if (!is || !isThere || !after) return null;
  const op = before === null ? "insert" : was ? "update" : "enter";
  const changed = was && before ? differing(before, after) : null;
  return { seq, op, entity: wholeOf(truth, after), changed };
}

function differing(before: Thing, after: Thing): string[] {
  const [old, own] = [before.fields, after.fields];
  const heads = (["owner", "group", "access"] as const).filter(
    (name) => !sameJson(before[name], after[name]),
  );
  const names = [...new Set([...Object.keys(old), ...Object.keys(own)])];
  return [...heads, ...names.filter((name) => !sameJson(named(old, name), named(own, name)))];
}

function named(fields: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key === name));
}
