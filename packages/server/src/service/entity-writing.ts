/**
 * One entity made or changed inside a transaction: what was sent becomes what is kept, by the rules
 * of its store. Part of the pipelines of `entity-service.ts`, which has authorised the write.
 */
import {
  applyJsonPatch,
  type EntityHead,
  entityText,
  entityValue,
  type Found,
  isJsonObject,
  type JsonObject,
  limit,
  mergePatch,
  ownFields,
  type Patch,
  StoaError,
  type StoredEntity,
  violation,
} from "@stoa/domain";
import type { Mark, Transaction } from "../storage/engine.ts";
import type { Alteration, Creation, StoreRules, Write } from "./house.ts";
import { violationsError } from "./store-catalog.ts";

export async function createOne(
  write: Write,
  rules: StoreRules,
  body: JsonObject,
  givenId?: string,
): Promise<Found> {
  const { tx, house, caller, store } = write;
  if (rules.control) await rules.control(write, null);
  const { definition } = house.catalog.get(store);
  const creation: Creation = {
    head: {
      id: givenId === undefined ? house.newId(definition.idKind) : checkedId(rules, givenId),
      owner: caller.user,
      group: rules.system ? (caller.groups[0] as string) : groupFor(write, body),
      access: [],
      time: definition.time === "given" ? givenTime(body, write.time) : write.time,
    },
    body,
    fields: ownFields(body),
  };
  requireValid(write, creation.fields);
  const made = rules.create && (await rules.create(write, creation));
  const { head, fields, reveal } = made ?? { ...creation, reveal: undefined };
  const sent = givenId === undefined ? fields : { ...fields, _id: givenId };
  const entity = await insert(write, head, fields, sent);
  const found = foundOf(entity, tx.tree);
  return reveal ? { ...found, text: withMembers(found.text, reveal) } : found;
}

/** Errors: besides those of the transaction `too_large`, thrown at once. */
export function insert(
  { tx, caller, store, time }: Write,
  head: Omit<EntityHead, "at">,
  fields: JsonObject,
  sent: JsonObject,
): Promise<StoredEntity> {
  const { id, owner, group, access, time: madeAt } = head;
  const draft = { id, owner, group, access, time: madeAt, body: bodyText(fields) };
  return tx.insert(store, draft, { by: caller.user, time }).catch((cause: unknown) => {
    throw onlySent(cause, sent);
  });
}

export async function updateOne(
  write: Write,
  rules: StoreRules,
  before: StoredEntity,
  patch: Patch,
): Promise<Found> {
  const { tx, store } = write;
  const { old, asked, sent } = patched(before, patch, tx.tree, rules);
  requireValid(write, asked);
  const alteration: Alteration = { before, old, fields: asked };
  const fields = (rules.update && (await rules.update(write, alteration))) ?? asked;
  const body = bodyText(fields);
  if (body === before.body) return foundOf(before, tx.tree);
  let after: StoredEntity;
  try {
    after = await tx.update(store, before, { ...before, body }, markOf(write));
  } catch (cause) {
    throw onlySent(cause, sent);
  }
  if (rules.updated) await rules.updated(write, before, after);
  return foundOf(after, tx.tree);
}

interface Patched {
  readonly old: JsonObject;
  readonly asked: JsonObject;
  readonly sent: JsonObject;
}

/** The own fields before and after, and those that the patch speaks of. Protected ones stay. */
export function patched(
  before: StoredEntity,
  patch: Patch,
  tree: Tree,
  { merge = mergeFields }: Pick<StoreRules, "merge"> = {},
): Patched {
  const old = JSON.parse(before.body) as JsonObject;
  if (patch.kind === "merge") {
    const sent = ownFields(patch.patch);
    return { old, sent, asked: merge(old, sent) };
  }
  const result = applyJsonPatch(entityValue(before, tree.branchOf(before.group)), patch.patch);
  if (!isJsonObject(result)) throw violation("", "type", "the patched entity must be an object");
  const asked = ownFields(result);
  return { old, sent: asked, asked };
}

function mergeFields(old: JsonObject, sent: JsonObject): JsonObject {
  return mergePatch(old, sent) as JsonObject;
}

function checkedId({ givenId }: StoreRules, id: string): string {
  if (givenId) return givenId(id);
  throw violation("id", "readOnly", "is given by the server");
}

/** At creation a client may name a group in its reach (rule 9); else it is the caller's own. */
export function groupFor({ caller, tx }: Write, body: JsonObject): string {
  const group = Object.hasOwn(body, "group") ? body["group"] : undefined;
  if (group === undefined || group === null) return caller.groups[0] as string;
  if (typeof group === "string" && tx.tree.reachOf(caller.groups).has(group)) return group;
  throw violation("group", "reach", "must be one of your groups or below one");
}

export function givenTime(body: JsonObject, now: number): number {
  const time = Object.hasOwn(body, "time") ? body["time"] : undefined;
  if (time === undefined || time === null) return now;
  if (typeof time === "number" && Number.isSafeInteger(time) && time >= 0) return time;
  throw violation("time", "type", "must be Unix milliseconds");
}

export function requireValid({ house, store }: Write, fields: JsonObject): void {
  const violations = house.catalog.get(store).validate(fields);
  if (violations.length > 0) throw violationsError(violations, store);
}

export function markOf({ caller, time }: Write): Mark {
  return { by: caller.user, time };
}

/** A conflict names only fields that were sent (rule 17). */
function onlySent(cause: unknown, sent: JsonObject): unknown {
  if (!(cause instanceof StoaError) || cause.code !== "conflict" || !cause.details) return cause;
  const details = cause.details.filter(({ path }) => Object.hasOwn(sent, path.split(".")[0] ?? ""));
  const { store } = cause;
  return new StoaError("conflict", cause.message, { details, cause, ...(store && { store }) });
}

type Tree = Transaction["tree"];

export function foundOf(entity: StoredEntity, tree: Tree): Found {
  return { text: entityText(entity, tree.branchText(entity.group)), etag: etagOf(entity, tree) };
}

/** Changes with the entity and with its branch, which is a part of its text. */
export function etagOf({ revision, group }: StoredEntity, tree: Tree): string {
  return `"${revision}.${tree.branchRevision(group)}"`;
}

function withMembers(text: string, members: JsonObject): string {
  return `${text.slice(0, -1)},${JSON.stringify(members).slice(1)}`;
}

/** The canonical text. Errors: `too_large` when patches have made it grow over the limit. */
function bodyText(fields: JsonObject): string {
  const text = JSON.stringify(fields);
  if (text.length <= limit.bodyBytesMax) return text;
  throw new StoaError("too_large", `An entity has at most ${limit.bodyBytesMax} bytes.`);
}
