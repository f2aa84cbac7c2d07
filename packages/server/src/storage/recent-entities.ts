/**
 * Entities that were changed lately, since these are what is changed next: of devices that report,
 * of documents that are worked on. Bounded; knows no database.
 */
import type { Change, StoredEntity } from "@stoa/domain";

export class RecentEntities {
  /** By table and id; the one that was changed last stands last. */
  readonly #entities = new Map<string, StoredEntity>();
  /** Characters of their bodies. */
  #size = 0;

  get(n: number, id: string): StoredEntity | undefined {
    return this.#entities.get(keyOf(n, id));
  }

  /** @param numberOf the number of the table of a store, undefined where it is gone. */
  takeIn(changes: readonly Change[], numberOf: (store: string) => number | undefined): void {
    for (const { op, store, id, after } of changes) {
      // What is made is not known here, and mostly not changed soon.
      const n = op === "insert" ? undefined : numberOf(store);
      if (n !== undefined) this.#set(keyOf(n, id), after);
    }
  }

  #set(key: string, entity: StoredEntity | null): void {
    this.#drop(key);
    if (!entity || entity.body.length > bodyCharactersMax) return;
    this.#entities.set(key, entity);
    this.#size += entity.body.length;
    while (this.#size > charactersMax || this.#entities.size > entitiesMax) {
      this.#drop(this.#entities.keys().next().value as string);
    }
  }

  #drop(key: string): void {
    const known = this.#entities.get(key);
    if (!known) return;
    this.#entities.delete(key);
    this.#size -= known.body.length;
  }
}

function keyOf(n: number, id: string): string {
  return `${n} ${id}`;
}

const entitiesMax = 10_000;
const charactersMax = 4_000_000;
const bodyCharactersMax = 10_000;
