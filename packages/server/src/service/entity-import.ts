/**
 * Many entities out of a file: in batches, each a transaction of its own in which a row that is
 * refused harms no other (rules 9, 10). Knows rows as values; what they came as is for the doors.
 */
import {
  type Caller,
  type Found,
  isObjectId,
  isUuid,
  type Json,
  type JsonObject,
  limit,
  ownFields,
  ownValue,
  StoaError,
  type StoredEntity,
  violation,
} from "@stoa/domain";
import { openStore, writeAs } from "./caller-write.ts";
import { coversUser } from "./coverage.ts";
import { isInDirectory } from "./directory.ts";
import { foundOf, givenTime, groupFor, insert, requireValid, updateOne } from "./entity-writing.ts";
import type { House, StoreRules, Write } from "./house.ts";
import { requireAct } from "./permission.ts";
import type {
  ImportCounts,
  ImportEvent,
  ImportQuestion,
  ImportRow,
  Imports,
  PreviewRow,
} from "./services.ts";
import { sees, visibleFilter } from "./visibility.ts";

export class HouseImports implements Imports {
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  /** Nothing is read of the rows before the caller is known to be allowed. */
  async *run(caller: Caller, question: ImportQuestion): AsyncGenerator<ImportEvent> {
    const rules = this.#open(caller, question);
    let counts: ImportCounts = { rows: 0, created: 0, updated: 0, failed: 0 };
    let told = 0;
    for await (const rows of batchesOf(question.rows)) {
      const outcomes = await this.#keep(caller, question, rules, rows);
      counts = addedUp(counts, outcomes);
      for (const { row, error } of outcomes) {
        if (!error || told >= limit.importErrorsMax) continue;
        told++;
        yield { kind: "error", row, error };
      }
      yield { kind: "progress", ...counts };
    }
    yield { kind: "end", ...counts };
  }

  async preview(
    caller: Caller,
    question: ImportQuestion & { readonly limit: number },
  ): Promise<readonly PreviewRow[]> {
    const rules = this.#open(caller, question);
    const rows: ImportRow[] = [];
    let bytes = 0;
    for await (const row of question.rows) {
      rows.push(row);
      bytes += row.bytes;
      if (rows.length >= question.limit || bytes > limit.importPreviewBytesMax) break;
    }
    try {
      await this.#keep(caller, { ...question, isTrial: true }, rules, rows);
    } catch (cause) {
      if (cause instanceof TrialOver) return cause.outcomes;
      throw cause;
    }
    throw new StoaError("internal", "a trial was kept");
  }

  #open(caller: Caller, { store, upsert }: ImportQuestion): StoreRules {
    requireImport(caller, store, upsert);
    const { rules } = openStore(this.#house, store, "POST");
    if (!rules.system) return rules;
    throw new StoaError("method", `Nothing is imported into ${store}.`, { allow: ["GET"], store });
  }

  #keep(
    caller: Caller,
    { store, upsert, isTrial = false }: ImportQuestion & { readonly isTrial?: boolean },
    rules: StoreRules,
    rows: readonly ImportRow[],
  ): Promise<readonly Outcome[]> {
    const act = { method: "POST", path: [store, "import"] } as const;
    return writeAs(this.#house, caller, { act, store, rules }, async (write) => {
      requireImport(write.caller, store, upsert);
      const outcomes: Outcome[] = [];
      for (const row of rows) outcomes.push(await outcomeOf(write, rules, row, upsert));
      if (isTrial) throw new TrialOver(outcomes);
      return outcomes;
    });
  }
}

/** Each verb that it performs (rule 1). */
function requireImport(caller: Caller, store: string, upsert: boolean): void {
  requireAct(caller, { method: "POST", path: [store, "import"] });
  requireAct(caller, { method: "POST", path: [store] });
  if (upsert) requireAct(caller, { method: "PATCH", path: [store, ":id"] });
}

interface Outcome extends PreviewRow {
  readonly change: "created" | "updated" | null;
}

/** Takes back what a trial has written, and carries what came of it. */
class TrialOver extends Error {
  readonly outcomes: readonly Outcome[];

  constructor(outcomes: readonly Outcome[]) {
    super("only tried");
    this.outcomes = outcomes;
  }
}

async function* batchesOf(rows: AsyncIterable<ImportRow>): AsyncGenerator<readonly ImportRow[]> {
  let batch: ImportRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    batch.push(row);
    bytes += row.bytes;
    if (batch.length < limit.importBatchRowsMax && bytes < limit.importBatchBytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function addedUp(counts: ImportCounts, outcomes: readonly Outcome[]): ImportCounts {
  const among = (test: (outcome: Outcome) => boolean) => outcomes.filter(test).length;
  return {
    rows: counts.rows + outcomes.length,
    created: counts.created + among(({ change }) => change === "created"),
    updated: counts.updated + among(({ change }) => change === "updated"),
    failed: counts.failed + among(({ error }) => error !== null),
  };
}

async function outcomeOf(
  write: Write,
  rules: StoreRules,
  { row, value, error }: ImportRow,
  upsert: boolean,
): Promise<Outcome> {
  if (error) return { row, text: null, error, change: null };
  try {
    const { found, change } = await importOne(write, rules, value, upsert);
    return { row, text: found.text, error: null, change };
  } catch (cause) {
    if (!(cause instanceof StoaError) || !refusals.has(cause.code)) throw cause;
    return { row, text: null, error: cause, change: null };
  }
}

/** What is wrong with one row; anything else ends the import. */
const refusals: ReadonlySet<string> = new Set([
  "validation",
  "conflict",
  "too_large",
  "not_found",
  "forbidden",
]);

async function importOne(
  write: Write,
  rules: StoreRules,
  value: JsonObject,
  upsert: boolean,
): Promise<{ found: Found; change: Outcome["change"] }> {
  const { tx, store, house } = write;
  const { definition } = house.catalog.get(store);
  const id = givenId(value, definition.idKind);
  const present = id === undefined ? undefined : await tx.read(store, id);
  if (present && upsert && (await isVisible(write, present))) {
    const merge = { kind: "merge", patch: ownFields(value) } as const;
    const found = await updateOne(write, rules, present, merge);
    const isSame = found.text === foundOf(present, tx.tree).text;
    return { found, change: isSame ? null : "updated" };
  }
  const group = groupFor(write, value);
  const head = {
    id: id ?? house.newId(definition.idKind),
    owner: await givenOwner(write, value),
    group,
    access: await givenAccess(write, value),
    time: definition.time === "given" ? givenTime(value, write.time) : write.time,
  };
  const creation = { head, body: value, fields: ownFields(value) };
  requireValid(write, creation.fields);
  const made = (await rules.create?.(write, creation)) ?? creation;
  const entity = await insert(write, made.head, made.fields, { ...made.fields, _id: head.id });
  return { found: foundOf(entity, tx.tree), change: "created" };
}

async function isVisible({ house, caller, store, tx }: Write, entity: StoredEntity) {
  const visible = await visibleFilter(house, caller, store, "PATCH", tx.tree);
  return sees(visible, entity, tx.tree);
}

function givenId(value: JsonObject, kind: "objectid" | "uuid"): string | undefined {
  const id = ownValue(value, "_id") ?? null;
  if (id === null) return undefined;
  const text = typeof id === "string" ? id.toLowerCase() : "";
  if (kind === "uuid" ? isUuid(text) : isObjectId(text)) return text;
  throw violation("_id", "format", kind === "uuid" ? "must be a uuid" : "must be 24 hex digits");
}

/** Oneself, or a user that one covers (rule 10). */
async function givenOwner({ tx, caller }: Write, value: JsonObject): Promise<string> {
  const owner = ownValue(value, "owner") ?? null;
  if (owner === null || owner === caller.user) return caller.user;
  if (typeof owner === "string" && (await coversUser(tx, caller, owner))) return owner;
  throw violation("owner", "coverage", "must be yourself or a user that you may decide over");
}

/** As a grant: users and groups of one's directory (rule 9). */
async function givenAccess({ tx, caller }: Write, value: JsonObject): Promise<readonly string[]> {
  const access: Json = ownValue(value, "access") ?? [];
  if (!Array.isArray(access)) throw violation("access", "type", "must be a list of ids");
  if (access.length > limit.entityGrantsMax) {
    throw violation("access", "maxItems", `an entity has at most ${limit.entityGrantsMax} grants`);
  }
  const principals = access as readonly Json[];
  for (const [index, id] of principals.entries()) {
    const isKnown = typeof id === "string" && (await isInDirectory(tx, caller, id));
    if (!isKnown) {
      throw violation(`access.${index}`, "directory", "is no user or group that you know of");
    }
  }
  return [...new Set(principals as readonly string[])].sort();
}
