/**
 * Entries as one flat list of primitive values, which passes between threads at a third of what
 * objects cost. Knows no SQL.
 */
import type { Change, StoredEntity } from "@stoa/domain";
import type { Entry } from "./sqlite-entry.ts";

export type PackedEntries = readonly (string | number | null)[];

export function packEntries(entries: readonly Entry[]): PackedEntries {
  const packed: (string | number | null)[] = [];
  for (const { n, front, change } of entries) {
    const { sequence, op, store, id, time, by, before, after } = change;
    packed.push(n, front, sequence, op, store, id, time, by);
    packVersion(packed, before);
    packVersion(packed, after);
  }
  return packed;
}

export function* unpackEntries(packed: PackedEntries): Iterable<Entry> {
  const values = packed.values();
  const next = <T>() => values.next().value as T;
  while (true) {
    const n = next<number | undefined>();
    if (n === undefined) return;
    const front = next<string>();
    const sequence = next<number>();
    const op = next<Change["op"]>();
    const store = next<string>();
    const id = next<string>();
    const time = next<number>();
    const by = next<string>();
    const before = unpackVersion(id, next);
    const after = unpackVersion(id, next);
    yield { n, front, change: { sequence, op, store, id, time, by, before, after } };
  }
}

/** A version begins with its owner, which is null where there is none. */
function packVersion(packed: (string | number | null)[], version: StoredEntity | null): void {
  if (version === null) {
    packed.push(null);
    return;
  }
  const { owner, group, access, time, at, revision, body } = version;
  packed.push(owner, group, access.length === 0 ? null : JSON.stringify(access));
  packed.push(time, at, revision, body);
}

function unpackVersion(id: string, next: <T>() => T): StoredEntity | null {
  const owner = next<string | null>();
  if (owner === null) return null;
  const group = next<string>();
  const access = next<string | null>();
  return {
    id,
    owner,
    group,
    access: access === null ? [] : (JSON.parse(access) as string[]),
    time: next<number>(),
    at: next<number | null>(),
    revision: next<number>(),
    body: next<string>(),
  };
}
