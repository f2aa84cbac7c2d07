/**
 * References replaced by what they refer to (`unwind=`): where the store's schema declares one by
 * `"x-ref"`, and only to what the caller may see (rule 17).
 */
import {
  type Caller,
  entityValue,
  type Filter,
  isJsonObject,
  isSystemStore,
  type Json,
  type JsonObject,
  ownValue,
  type Page,
  type Path,
  pathText,
  setOwn,
  textPage,
  violation,
} from "@stoa/domain";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import { sees, visibleFilter } from "./visibility.ts";

export interface Unwinding {
  readonly store: string;
  readonly paths: readonly Path[];
  /** How old what is referred to may be, as in `Engine`. */
  readonly asOf: number | undefined;
}

export async function unwindText(
  house: House,
  caller: Caller,
  unwinding: Unwinding,
  text: string,
): Promise<string> {
  const unwinder = await Unwinder.open(house, caller, unwinding);
  return unwinder.text(text);
}

/** Errors come before the first page. */
export async function unwindPages(
  house: House,
  caller: Caller,
  unwinding: Unwinding,
  pages: AsyncIterable<Page>,
): Promise<AsyncIterable<Page>> {
  const unwinder = await Unwinder.open(house, caller, unwinding);
  return unwinder.pages(pages);
}

interface Reference {
  readonly path: Path;
  readonly store: string;
  readonly visible: Filter;
}

/** Entities kept while one list is unwound; most lists refer to few. */
const referredKeptMax = 10_000;

class Unwinder {
  readonly #house: House;
  readonly #references: readonly Reference[];
  readonly #asOf: number | undefined;
  readonly #referred = new Map<string, Json>();

  private constructor(house: House, references: readonly Reference[], asOf: number | undefined) {
    this.#house = house;
    this.#asOf = asOf;
    this.#references = references;
  }

  static async open(house: House, caller: Caller, { store, paths, asOf }: Unwinding) {
    const { schema } = house.catalog.get(store).definition;
    const references: Reference[] = [];
    for (const path of paths) {
      const target = referenceAt(schema, path);
      if (target === undefined || isSystemStore(target)) {
        throw violation("unwind", "reference", `${pathText(path)} is not declared as a reference`);
      }
      requireAct(caller, { method: "GET", path: [target, ":id"] });
      if (!house.catalog.has(target)) continue;
      const visible = await visibleFilter(house, caller, target, "GET");
      references.push({ path, store: target, visible });
    }
    return new Unwinder(house, references, asOf);
  }

  async *pages(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    for await (const { texts, cursor } of pages) {
      const unwound: string[] = [];
      for (const text of texts) unwound.push(await this.text(text));
      yield textPage(unwound, cursor);
    }
  }

  async text(text: string): Promise<string> {
    let value = JSON.parse(text) as Json;
    for (const reference of this.#references)
      value = await this.#at(value, reference.path, reference);
    return JSON.stringify(value);
  }

  async #at(value: Json, path: Path, reference: Reference): Promise<Json> {
    if (Array.isArray(value)) {
      return Promise.all(value.map((element) => this.#at(element, path, reference)));
    }
    const [key, ...rest] = path;
    if (key === undefined) return typeof value === "string" ? this.#refer(value, reference) : value;
    const inner = isJsonObject(value) ? ownValue(value, key) : undefined;
    if (inner === undefined) return value;
    const copy = { ...(value as JsonObject) };
    setOwn(copy, key, await this.#at(inner, rest, reference));
    return copy;
  }

  async #refer(id: string, { store, visible }: Reference): Promise<Json> {
    const key = `${store} ${id}`;
    const known = this.#referred.get(key);
    if (known !== undefined) return known;
    const tree = this.#house.engine.tree;
    const entity = await this.#house.engine.read(store, id, this.#asOf);
    const value =
      entity && sees(visible, entity, tree) ? entityValue(entity, tree.branchOf(entity.group)) : id;
    if (this.#referred.size < referredKeptMax) this.#referred.set(key, value);
    return value;
  }
}

/** The store that a path refers to, by the schema; arrays are passed through. */
function referenceAt(schema: Json | null, path: Path): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  const items = ownValue(schema, "items");
  const target = ownValue(schema, "x-ref");
  if (path.length === 0 && typeof target === "string") return target;
  const properties = ownValue(schema, "properties");
  const [key, ...rest] = path;
  if (key !== undefined && isJsonObject(properties)) {
    const found = referenceAt(ownValue(properties, key) ?? null, rest);
    if (found !== undefined) return found;
  }
  return items === undefined ? undefined : referenceAt(items, path);
}
