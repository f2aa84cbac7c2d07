/**
 * A JSON Schema (2020-12) out of samples: one that all of them satisfy, and as narrow as they let
 * one guess. Looks at each sample once and keeps counts only, so that there may be many.
 */
import { isJsonObject, type Json, type JsonObject, setOwn } from "./json.ts";
import { schemaDepthMax, schemaNodesMax, schemaPropertiesMax } from "./limit.ts";
import { hasFormat, type TextFormat, textFormats } from "./schema-format.ts";

/**
 * Takes samples, then tells: of `{"name": "Delft", "size": 1}` and `{"name": "Gent"}` that it is
 * `{type: "object", properties: {name: {type: "string"}, size: {type: "integer"}}, required:
 * ["name"]}`.
 */
export class SchemaInference {
  readonly #root = newNode();
  readonly #budget = { nodes: schemaNodesMax };
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(sample: JsonObject): void {
    this.#count++;
    look(this.#root, sample, this.#budget, 0);
  }

  /** The schema so far; without samples, that of any object. */
  schema(): JsonObject {
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    if (this.#count === 0) return { $schema, type: "object" };
    return { $schema, ...schemaOf(this.#root) };
  }
}

/** What has been seen at one place. */
interface Node {
  /** How often each type was seen; whole numbers are `integer`. */
  readonly types: Map<TypeName, number>;
  /** Texts, as long as they are few; null when they are not. */
  texts: Map<string, number> | null;
  formats: readonly TextFormat[];
  /** Members of objects, as long as they are few; null when they are not. */
  members: Map<string, { readonly node: Node; count: number }> | null;
  items: Node | null;
}

type TypeName = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

function newNode(): Node {
  return {
    types: new Map(),
    texts: new Map(),
    formats: textFormats,
    members: new Map(),
    items: null,
  };
}

function look(node: Node, value: Json, budget: { nodes: number }, depth: number): void {
  const type = typeOf(value);
  node.types.set(type, (node.types.get(type) ?? 0) + 1);
  if (typeof value === "string") {
    lookAtText(node, value);
  } else if (depth >= schemaDepthMax) {
    node.members = null;
  } else if (Array.isArray(value)) {
    if (value.length > 0) node.items ??= taken(budget);
    for (const item of value) if (node.items) look(node.items, item, budget, depth + 1);
  } else if (isJsonObject(value)) {
    lookAtMembers(node, value, budget, depth);
  }
}

function lookAtText(node: Node, text: string): void {
  node.formats = node.formats.filter((format) => hasFormat(text, format));
  if (!node.texts) return;
  const count = node.texts.get(text) ?? 0;
  const isMore = count === 0 && node.texts.size >= enumValuesMax;
  if (isMore || text.length > enumCharactersMax) node.texts = null;
  else node.texts.set(text, count + 1);
}

function lookAtMembers(
  node: Node,
  object: JsonObject,
  budget: { nodes: number },
  depth: number,
): void {
  for (const name of Object.keys(object)) {
    if (!node.members) return;
    let member = node.members.get(name);
    if (!member) {
      const inner = node.members.size < schemaPropertiesMax ? taken(budget) : null;
      if (!inner) {
        // Names that are values: a schema of each would be of no use.
        node.members = null;
        return;
      }
      member = { node: inner, count: 0 };
      node.members.set(name, member);
    }
    member.count++;
    look(member.node, object[name] as Json, budget, depth + 1);
  }
}

function taken(budget: { nodes: number }): Node | null {
  if (budget.nodes <= 0) return null;
  budget.nodes--;
  return newNode();
}

function typeOf(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}

function schemaOf(node: Node): JsonObject {
  const names = typeNames(node);
  const type = names.length === 1 ? (names[0] as string) : names;
  const values = enumOf(node, names);
  if (values) return { type, enum: values };
  const [format] = node.formats;
  return {
    type,
    ...(names.includes("string") && format !== undefined && { format }),
    ...(names.includes("array") && node.items && { items: schemaOf(node.items) }),
    ...(names.includes("object") && node.members && membersOf(node)),
  };
}

function typeNames({ types }: Node): TypeName[] {
  const seen = [...types.keys()];
  return seen.filter((name) => name !== "integer" || !types.has("number")).sort();
}

/** Few texts that come again and again: all that there are. */
function enumOf({ types, texts }: Node, names: readonly TypeName[]): Json[] | null {
  const count = types.get("string") ?? 0;
  const isOnly = names.every((name) => name === "string" || name === "null");
  if (!texts || !isOnly || texts.size === 0) return null;
  if (count < enumSamplesMin || count < enumRepeatsMin * texts.size) return null;
  return [...[...texts.keys()].sort(), ...(types.has("null") ? [null] : [])];
}

function membersOf({ types, members }: Node): JsonObject {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const [name, { node, count }] of members ?? []) {
    setOwn(properties, name, schemaOf(node));
    if (count === types.get("object")) required.push(name);
  }
  return { properties, ...(required.length > 0 && { required }) };
}

/** Texts make an enumeration when they are this few and short, and each came about so often. */
const enumValuesMax = 10;
const enumCharactersMax = 100;
const enumSamplesMin = 20;
const enumRepeatsMin = 4;
