/**
 * What the memory engine holds, and how it is asked and checked. Knows no transactions.
 */
import {
  type Change,
  entityText,
  equalJson,
  type Filter,
  GroupTree,
  type JsonObject,
  matches,
  readPath,
  type StoreDefinition,
  type StoredEntity,
} from "@stoa/domain";
import { taken } from "./conflict.ts";
import type { KeptRecord, RecordSpace } from "./engine.ts";

/** As of one commit. The maps belong to the engine: later commits change them in place. */
export interface MemoryState {
  readonly tables: ReadonlyMap<string, Table>;
  readonly records: Map<string, KeptRecord>;
  readonly tree: GroupTree;
  readonly log: readonly Change[];
  /** Changes up to it are no longer in the log. */
  readonly keptSince: number;
  /** The sequence number of the last change of each store. */
  readonly lasts: ReadonlyMap<string, number>;
  readonly sequence: number;
}

export interface Table {
  readonly definition: StoreDefinition;
  /** The sequence number when the store was made: nothing in it is older. */
  readonly since: number;
  readonly entities: Map<string, StoredEntity>;
}

export function emptyState(): MemoryState {
  const nothing = { tables: new Map(), records: new Map(), tree: new GroupTree() };
  return { ...nothing, log: [], keptSince: 0, lasts: new Map(), sequence: 0 };
}

/** An entity that fits a filter, in the three forms in which it is needed. */
export interface Fitting {
  readonly entity: StoredEntity;
  readonly text: string;
  readonly value: JsonObject;
}

export function fitting(
  entities: Iterable<StoredEntity>,
  filter: Filter,
  tree: GroupTree,
): Fitting[] {
  return Array.from(entities, (entity) => opened(entity, tree)).filter(({ value }) =>
    matches(filter, value),
  );
}

export function recordKey(space: RecordSpace, name: string): string {
  return `${space} ${name}`;
}

/** The record as long as its time is not over. */
export function unlessOver(record: KeptRecord | undefined, now: number): KeptRecord | undefined {
  return record && (record.expiresAt === null || record.expiresAt > now) ? record : undefined;
}

/** Errors: `conflict` when two of the entities share all values of a unique set. */
export function checkUniqueSets(
  definition: StoreDefinition,
  entities: Iterable<StoredEntity>,
  tree: GroupTree,
): void {
  if (definition.unique.length === 0) return;
  const values = Array.from(entities, (entity) => opened(entity, tree).value);
  for (const [index, value] of values.entries()) {
    checkUniqueValue(definition, value, values.slice(index + 1));
  }
}

/** Errors: `conflict` when the entity shares all values of a unique set with one of the others. */
export function checkUniqueEntity(
  definition: StoreDefinition,
  entity: StoredEntity,
  others: Iterable<StoredEntity>,
  tree: GroupTree,
): void {
  if (definition.unique.length === 0) return;
  const values = Array.from(others, (other) => opened(other, tree).value);
  checkUniqueValue(definition, opened(entity, tree).value, values);
}

function checkUniqueValue(
  { name, unique }: StoreDefinition,
  value: JsonObject,
  others: readonly JsonObject[],
): void {
  for (const paths of unique) {
    if (paths.some((path) => (readPath(value, path) ?? null) === null)) continue;
    const same = (other: JsonObject) =>
      paths.every((path) => equalJson(readPath(value, path), readPath(other, path)));
    if (others.some(same)) throw taken(name, paths);
  }
}

function opened(entity: StoredEntity, tree: GroupTree): Fitting {
  const text = entityText(entity, tree.branchText(entity.group));
  return { entity, text, value: JSON.parse(text) as JsonObject };
}
