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

export function unpackEntries(packed: PackedEntries): readonly Entry[] {
  const reader = new PackedReader(packed);
  const entries: Entry[] = [];
  while (!reader.isDone) entries.push(reader.entry());
  return entries;
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

/** What goes from value to value; an iterator costs as much as what is read by it. */
class PackedReader {
  readonly #packed: PackedEntries;
  #at = 0;

  constructor(packed: PackedEntries) {
    this.#packed = packed;
  }

  get isDone(): boolean {
    return this.#at === this.#packed.length;
  }

  entry(): Entry {
    const n = this.#next<number>();
    const front = this.#next<string>();
    const sequence = this.#next<number>();
    const op = this.#next<Change["op"]>();
    const store = this.#next<string>();
    const id = this.#next<string>();
    const time = this.#next<number>();
    const by = this.#next<string>();
    const before = this.#version(id);
    const after = this.#version(id);
    return { n, front, change: { sequence, op, store, id, time, by, before, after } };
  }

  #version(id: string): StoredEntity | null {
    const owner = this.#next<string | null>();
    if (owner === null) return null;
    const group = this.#next<string>();
    const access = this.#next<string | null>();
    return {
      id,
      owner,
      group,
      access: access === null ? noAccess : (JSON.parse(access) as string[]),
      time: this.#next<number>(),
      at: this.#next<number | null>(),
      revision: this.#next<number>(),
      body: this.#next<string>(),
    };
  }

  #next<T>(): T {
    return this.#packed[this.#at++] as T;
  }
}

const noAccess: readonly string[] = [];
