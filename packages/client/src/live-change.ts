/**
 * What has changed in a live set from one showing to the next, and whoever wants to know. Knows
 * entities that are shown; not why they are.
 */
import { equalJson, type JsonObject, type Path, project, type StoaError } from "@stoa/domain";
import type { Entity } from "./entity.ts";

export type LiveState =
  | "loading" // not filled yet, or filled anew after something was missed
  | "live"
  | "away" // the connection is lost, what is shown may be old
  | "ended";

export interface LiveChange<T> {
  /** All that is shown now, in order. */
  readonly entities: readonly Entity<T>[];
  readonly state: LiveState;
  /** Those that were not shown before, in order. */
  readonly added: readonly Entity<T>[];
  /** Those that were shown in another version. */
  readonly changed: readonly Entity<T>[];
  /** Those that are not shown any more, as they were. */
  readonly removed: readonly Entity<T>[];
}

type ById<T> = ReadonlyMap<string, Entity<T>>;

const nothing = new Map<string, never>();

export class LiveChanges<T> {
  readonly #only: readonly Path[] | null;
  readonly #listeners = new Set<(change: LiveChange<T>) => void>();
  #entities: readonly Entity<T>[] = [];
  #byId: ById<T> = nothing;
  /** What each entity that is shown was made of. */
  #wholes: readonly JsonObject[] = [];
  #state: LiveState = "loading";
  #error: StoaError | null = null;

  /** @param only the fields to show; null for all. */
  constructor(only: readonly Path[] | null) {
    this.#only = only;
  }

  get entities(): readonly Entity<T>[] {
    return this.#entities;
  }

  get state(): LiveState {
    return this.#state;
  }

  get error(): StoaError | null {
    return this.#error;
  }

  /** What is shown from now on, in order. */
  show(wholes: readonly JsonObject[], state: LiveState): void {
    const before = this.#byId;
    const entities = wholes.map((whole, index) => this.#shown(whole, index));
    const isSame =
      entities.length === this.#entities.length &&
      entities.every((entity, index) => entity === this.#entities[index]);
    this.#wholes = wholes;
    if (isSame) {
      this.tell(state);
      return;
    }
    this.#entities = entities;
    this.#byId = byId(entities);
    this.#state = state;
    this.#emit(before);
  }

  tell(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit(this.#byId);
  }

  end(error: StoaError | null): void {
    this.#error = error;
    this.tell("ended");
  }

  listen(listener: (change: LiveChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param left is called when nobody takes more. */
  async *iterate(left: () => void): AsyncGenerator<LiveChange<T>> {
    let taken: ById<T> = nothing;
    let state: LiveState = "loading";
    let wake = () => {};
    const deaf = this.listen(() => wake());
    try {
      for (;;) {
        if (this.#state === "ended" && this.#error) throw this.#error;
        if (this.#byId !== taken || this.#state !== state) {
          const before = taken;
          [taken, state] = [this.#byId, this.#state];
          yield this.#changeSince(before);
          continue;
        }
        if (this.#state === "ended") return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      deaf();
      left();
    }
  }

  /** The entity that was shown already where it reads the same. */
  #shown(whole: JsonObject, index: number): Entity<T> {
    if (this.#wholes[index] === whole) return this.#entities[index] as Entity<T>;
    const entity = this.#only ? project(whole, this.#only) : whole;
    const before = this.#byId.get(whole["_id"] as string);
    const isSame = before && equalJson(before as unknown as JsonObject, entity);
    return isSame ? before : (entity as unknown as Entity<T>);
  }

  #emit(before: ById<T>): void {
    if (this.#listeners.size === 0) return;
    const change = this.#changeSince(before);
    for (const listener of [...this.#listeners]) listener(change);
  }

  #changeSince(before: ById<T>): LiveChange<T> {
    const [entities, state] = [this.#entities, this.#state];
    if (before === this.#byId) return { entities, state, added: [], changed: [], removed: [] };
    const added: Entity<T>[] = [];
    const changed: Entity<T>[] = [];
    for (const entity of entities) {
      const known = before.get(entity._id);
      if (!known) added.push(entity);
      else if (known !== entity) changed.push(entity);
    }
    const removed = [...before.values()].filter(({ _id }) => !this.#byId.has(_id));
    return { entities, state, added, changed, removed };
  }
}

function byId<T>(entities: readonly Entity<T>[]): ById<T> {
  return new Map(entities.map((entity) => [entity._id, entity]));
}
