/**
 * A map over another one, which stays as it is until the layer is settled into it.
 */
export class MemoryLayer<V> {
  readonly #base: Map<string, V>;
  /** What differs from the base; undefined stands for a removed key. */
  readonly #above = new Map<string, V | undefined>();

  constructor(base: Map<string, V>) {
    this.#base = base;
  }

  get(key: string): V | undefined {
    return this.#above.has(key) ? this.#above.get(key) : this.#base.get(key);
  }

  set(key: string, value: V): void {
    this.#above.set(key, value);
  }

  remove(key: string): void {
    this.#above.set(key, undefined);
  }

  *entries(): Iterable<readonly [string, V]> {
    for (const entry of this.#base) if (!this.#above.has(entry[0])) yield entry;
    for (const [key, value] of this.#above) if (value !== undefined) yield [key, value];
  }

  *values(): Iterable<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Carries the differences into the base, and gives it. */
  settle(): Map<string, V> {
    for (const [key, value] of this.#above) {
      if (value === undefined) this.#base.delete(key);
      else this.#base.set(key, value);
    }
    return this.#base;
  }
}
