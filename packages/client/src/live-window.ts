/**
 * The entities of a live set in their order: all that there are up to a horizon, of which the first
 * so many are shown. Knows entities and order; nothing of where they come from.
 */
import {
  type Cursor,
  compareBy,
  cursorOf,
  equalJson,
  type JsonObject,
  type OrderKey,
  totalOrder,
} from "@stoa/domain";

export class LiveWindow {
  readonly #order: readonly OrderKey[];
  readonly #limit: number;
  readonly #byId = new Map<string, JsonObject>();
  #sorted: JsonObject[] = [];
  /** Behind it there may be others that are not known here; null where everything is known. */
  #horizon: JsonObject | null = null;

  /** @param limit how many are shown; Infinity for all. */
  constructor(order: readonly OrderKey[], limit: number) {
    this.#order = totalOrder(order);
    this.#limit = limit;
  }

  /** Those shown, in order. */
  get shown(): readonly JsonObject[] {
    return this.#sorted.slice(0, this.#limit);
  }

  /** Whether nothing lies behind what is shown. */
  get isComplete(): boolean {
    return this.#horizon === null && this.#sorted.length <= this.#limit;
  }

  /** Where more is to be fetched, when fewer are known than could be shown; else null. */
  get missingAfter(): Cursor | null {
    if (this.#horizon === null || this.#sorted.length >= this.#limit) return null;
    return cursorOf(this.#order, this.#horizon);
  }

  clear(): void {
    this.#byId.clear();
    this.#sorted = [];
    this.#horizon = null;
  }

  /**
   * What was fetched from behind the horizon, or from the beginning, in order.
   * @param isLast nothing lies behind it.
   */
  append(entities: readonly JsonObject[], isLast: boolean): void {
    for (const entity of entities) {
      this.drop(idOf(entity));
      this.#insert(entity);
    }
    this.#horizon = isLast ? null : (entities.at(-1) ?? null);
    this.#forgetFar();
  }

  /** A version of an entity that fits. False where it is the one that is here. */
  put(entity: JsonObject): boolean {
    const id = idOf(entity);
    const before = this.#byId.get(id);
    if (before && equalJson(before, entity)) return false;
    if (before) this.#take(before);
    if (this.#horizon && this.#compare(entity, this.#horizon) > 0) return before !== undefined;
    this.#insert(entity);
    this.#forgetFar();
    return true;
  }

  /** One that fits no more. False where it is not here. */
  drop(id: string): boolean {
    const entity = this.#byId.get(id);
    if (entity) this.#take(entity);
    return entity !== undefined;
  }

  #insert(entity: JsonObject): void {
    this.#byId.set(idOf(entity), entity);
    this.#sorted.splice(this.#placeOf(entity), 0, entity);
  }

  #take(entity: JsonObject): void {
    this.#byId.delete(idOf(entity));
    this.#sorted.splice(this.#placeOf(entity), 1);
  }

  /** The first place whose entity does not come before this one. */
  #placeOf(entity: JsonObject): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#sorted[middle] as JsonObject, entity) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What lies far behind the last one shown is fetched when it is needed. */
  #forgetFar(): void {
    const kept = this.#limit + spareOf(this.#limit);
    if (this.#sorted.length <= kept + spareOf(this.#limit)) return;
    for (const entity of this.#sorted.splice(kept)) this.#byId.delete(idOf(entity));
    this.#horizon = this.#sorted.at(-1) ?? null;
  }

  #compare(a: JsonObject, b: JsonObject): number {
    return compareBy(this.#order, a, b);
  }
}

/** How many are known beyond those shown, so that few removals need a fetch. */
export function spareOf(limit: number): number {
  return Math.max(spareMin, Math.ceil(limit / 4));
}

const spareMin = 10;

function idOf(entity: JsonObject): string {
  return entity["_id"] as string;
}
