/**
 * Entities that were changed lately, since these are what is changed next: of devices that report,
 * of documents that are worked on. Bounded; knows no database.
 */
import type { Change, StoredEntity } from "@stoa/domain";

export class RecentEntities {
  /**
   * By id, without the table, since to join the two and to find what comes of it costs more than
   * all the rest; the one that was changed last stands last.
   */
  readonly #entities = new Map<string, Recent>();
  /** Characters of their bodies. */
  #size = 0;

  get(n: number, id: string): StoredEntity | undefined {
    const known = this.#entities.get(id);
    return known?.n === n ? known.entity : undefined;
  }

  /** @param numberOf the number of the table of a store, undefined where it is gone. */
  takeIn(changes: readonly Change[], numberOf: (store: string) => number | undefined): void {
    for (const { op, store, id, after } of changes) {
      // What is made is not known here, and mostly not changed soon.
      const n = op === "insert" ? undefined : numberOf(store);
      if (n !== undefined) this.#set(n, id, after);
    }
  }

  /** Of two stores in which there is the same id, the one where it was changed last. */
  #set(n: number, id: string, entity: StoredEntity | null): void {
    this.#drop(id);
    if (!entity || entity.body.length > bodyCharactersMax) return;
    this.#entities.set(id, { n, entity });
    this.#size += entity.body.length;
    while (this.#size > charactersMax || this.#entities.size > entitiesMax) {
      this.#drop(this.#entities.keys().next().value as string);
    }
  }

  #drop(id: string): void {
    const known = this.#entities.get(id);
    if (!known) return;
    this.#entities.delete(id);
    this.#size -= known.entity.body.length;
  }
}

interface Recent {
  /** The number of the table. */
  readonly n: number;
  readonly entity: StoredEntity;
}

const entitiesMax = 10_000;
const charactersMax = 4_000_000;
const bodyCharactersMax = 10_000;
