/**
 * Random filters and queries about a random world: every kind of the tree, nested, with values that
 * are there and values that are not. Knows no engine.
 */
import {
  type CompareOp,
  cursorOf,
  type Expression,
  type Filter,
  type Json,
  type JsonObject,
  type OrderKey,
  type Path,
  type Query,
  readPath,
  searchedWords,
  type Visibility,
} from "@stoa/domain";
import {
  type Random,
  type RandomWorld,
  randomJson,
  randomPath,
  searchedPaths,
} from "./random-world.ts";

/** What queries are drawn from; `entities` are whole ones that are or were there. */
export interface QuerySource {
  readonly random: Random;
  readonly world: RandomWorld;
  readonly entities: readonly JsonObject[];
  /** What the store is searched by. */
  readonly searched: readonly Path[];
}

export function randomQuery(source: QuerySource): Query {
  const { random } = source;
  const order = randomOrder(random);
  return {
    filter: randomFilter(source, random.between(0, 3)),
    order,
    offset: random.chance(0.3) ? random.between(0, 30) : 0,
    limit: random.chance(0.4) ? random.between(1, 40) : Number.POSITIVE_INFINITY,
    after: random.chance(0.3) ? randomCursor(source, order) : null,
    only: random.chance(0.3) ? random.many(0, 5, () => randomPath(random)) : null,
  };
}

/** A filter that nests up to `depth` deep. */
export function randomFilter(source: QuerySource, depth: number): Filter {
  const { random } = source;
  if (depth > 0 && random.chance(0.7)) {
    const inner = () => randomFilter(source, depth - 1);
    const kind = random.pick(["all", "any", "any", "not"] as const);
    return kind === "not" ? { kind, of: inner() } : { kind, of: random.many(0, 3, inner) };
  }
  return randomLeaf(source, depth);
}

export function randomVisibility({ random, world, entities }: QuerySource): Visibility {
  const groups = world.groups.map((group) => group.id);
  return {
    kind: "visible",
    owner: random.chance(0.6) ? random.pick(world.users) : null,
    principals: new Set(random.some([...world.users, ...groups], 5)),
    reach: new Set(random.some(groups, random.pick([0, 3, groups.length]))),
    self: random.chance(0.2) ? textAt(random, entities, "_id") : null,
  };
}

const ops: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">="];
const elementOps = ["==", "<", "<=", ">", ">="] as const;
const leaves = [
  ...([
    "compare",
    "compare",
    "compare",
    "loosely",
    "element",
    "element",
    "in",
    "contains",
  ] as const),
  ...(["like", "isnull", "truthy", "visible", "visible", "call", "call", "call"] as const),
  ...(["search", "search", "search"] as const),
];

function randomLeaf(source: QuerySource, depth: number): Filter {
  const { random } = source;
  const kind = random.pick(leaves);
  const path = randomPath(random);
  const expression = () => randomExpression(source, depth);
  const simple: Expression = random.chance(0.7) ? { kind: "property", path } : expression();
  switch (kind) {
    case "compare": {
      const constant: Expression = { kind: "constant", value: valueAt(source, path) };
      const right = random.chance(0.7) ? constant : expression();
      const op = random.pick(ops);
      if (random.chance(0.2)) return { kind, op, left: right, right: simple };
      return { kind, op, left: simple, right };
    }
    case "loosely":
      return { kind, path, value: looseValue(source, path) };
    case "element":
      return { kind, op: random.pick(elementOps), path, value: elementValue(source, path) };
    case "in":
      return { kind, left: simple, right: randomList(source, path) };
    case "contains":
      return { kind, left: simple, right: randomPart(source, path) };
    case "like":
      return { kind, left: simple, pattern: randomPattern(source, path) };
    case "isnull":
    case "truthy":
      return { kind, of: simple };
    case "search":
      return randomSearch(source);
    case "visible":
      return randomVisibility(source);
    case "call":
      return randomCalls(source);
    default:
      return kind satisfies never;
  }
}

/** Words of some entity, whole or as prefixes, at paths that may be those of the store. */
function randomSearch({ random, entities, searched }: QuerySource): Filter {
  const paths = random.chance(0.7) ? searched : random.some(searchedPaths, 2);
  const known = [...searchedWords(searchedPaths, random.pick(entities))];
  const words = random.many(1, 2, () => {
    const word = known.length > 0 && random.chance(0.9) ? random.pick(known) : "none";
    const isPrefix = random.chance(0.4);
    return { word: isPrefix ? word.slice(0, random.between(1, 3)) : word, isPrefix };
  });
  return { kind: "search", paths, words };
}

/** A function of fields that have something for it, beside the same of constants, or a constant. */
function randomCalls(source: QuerySource): Filter {
  const { random } = source;
  const name = random.pick(functionNames);
  const paths = random.many(...argumentCounts[name], () => random.pick(callPaths));
  const constant = (path: Path): Expression => {
    return { kind: "constant", value: valueAt(source, path) };
  };
  const fields = paths.map((path): Expression => {
    return random.chance(0.75) ? { kind: "property", path } : constant(path);
  });
  const left: Expression = { kind: "call", name, args: fields };
  const same: Expression = { kind: "call", name, args: paths.map(constant) };
  const right = random.chance(0.6) ? same : constant(random.pick(callPaths));
  return { kind: "compare", op: random.pick(ops), left, right };
}

const callPaths: readonly Path[] = [["n"], ["n"], ["s"], ["s"], ["u"], ["time"], ["a"], ["_id"]];

function randomExpression(source: QuerySource, depth: number): Expression {
  const { random } = source;
  const kind = random.between(0, depth > 0 ? 9 : 4);
  if (kind < 3) return { kind: "property", path: randomPath(random) };
  if (kind < 5) return { kind: "constant", value: randomJson(random, 1) };
  if (kind < 6) return { kind: "test", filter: randomFilter(source, depth - 1) };
  const inner = () => randomExpression(source, depth - 1);
  if (kind < 7) return { kind: "list", items: random.many(0, 3, inner) };
  const name = random.pick(functionNames);
  return { kind: "call", name, args: random.many(...argumentCounts[name], inner) };
}

type FunctionName = Extract<Expression, { kind: "call" }>["name"];

const argumentCounts: Readonly<Record<FunctionName, readonly [least: number, most: number]>> = {
  ...{ lower: [1, 1], upper: [1, 1], concat: [1, 3], add: [2, 4], sub: [2, 2], mul: [2, 2] },
  ...{ div: [2, 2], ddiv: [2, 2], rem: [2, 2], year: [1, 1], month: [1, 1], day: [1, 1] },
  ...{ hour: [1, 1], minute: [1, 1], second: [1, 1], weekday: [1, 1], quarter: [1, 1] },
  ...{ toYYYYMM: [1, 1], toYYYYMMDD: [1, 1], int: [1, 1], float: [1, 1], bool: [1, 1] },
  ...{ string: [1, 1], uuid: [1, 1] },
};
export const functionNames = Object.keys(argumentCounts) as FunctionName[];

function randomOrder(random: Random): OrderKey[] {
  return random.many(0, 3, () => ({ path: randomPath(random), descending: random.chance(0.5) }));
}

/** Where an entity stands, or a place between, with the id of one of them. */
function randomCursor({ random, entities }: QuerySource, order: readonly OrderKey[]): Json[] {
  const cursor = [...cursorOf(order, random.pick(entities))];
  if (random.chance(0.3)) cursor[0] = cursor.length > 1 ? randomJson(random, 1) : "00000000";
  return cursor;
}

/** Mostly what an entity has there, so that some of them fit. */
function valueAt({ random, entities }: QuerySource, path: Path): Json {
  if (random.chance(0.25)) return randomJson(random, 2);
  for (let tries = 0; tries < 5; tries++) {
    const value = readPath(random.pick(entities), path);
    if (value !== undefined) return value;
  }
  return null;
}

function looseValue(source: QuerySource, path: Path): Json {
  const value = valueAt(source, path);
  if (source.random.chance(0.5)) return value;
  return typeof value === "string" || typeof value === "object" ? value : JSON.stringify(value);
}

/** For `_id`, `owner` and `group` a string, as the tree demands. */
function elementValue(source: QuerySource, path: Path): Json {
  const { random, entities } = source;
  const [name = ""] = path;
  if (path.length === 1 && ["_id", "owner", "group"].includes(name)) {
    return textAt(random, entities, name);
  }
  const value = valueAt(source, path);
  return Array.isArray(value) && value.length > 0 && random.chance(0.8)
    ? random.pick(value as readonly Json[])
    : value;
}

function randomList(source: QuerySource, path: Path): Expression {
  const { random } = source;
  if (random.chance(0.2)) return randomExpression(source, 1);
  const values = random.many(0, 4, () => valueAt(source, path));
  if (random.chance(0.5)) return { kind: "constant", value: values };
  return { kind: "list", items: values.map((value) => ({ kind: "constant", value })) };
}

function randomPart(source: QuerySource, path: Path): Expression {
  const { random } = source;
  if (random.chance(0.2)) return randomExpression(source, 1);
  const value = elementValue(source, path);
  if (typeof value !== "string") return { kind: "constant", value };
  const characters = [...value];
  const start = random.between(0, characters.length);
  return { kind: "constant", value: characters.slice(start, start + 2).join("") };
}

function randomPattern(source: QuerySource, path: Path): Expression {
  const { random } = source;
  const value = valueAt(source, path);
  if (typeof value !== "string") return randomExpression(source, 1);
  const stars = [...value].map((character) => (random.chance(0.3) ? "*" : character));
  const pattern = random.chance(0.3) ? `*${stars.join("")}` : stars.join("");
  return { kind: "constant", value: random.chance(0.3) ? `${pattern}*` : pattern };
}

function textAt(random: Random, entities: readonly JsonObject[], name: string): string {
  return String(random.pick(entities)[name]);
}
