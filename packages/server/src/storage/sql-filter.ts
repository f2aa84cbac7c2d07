/**
 * Turns a filter into the condition of a SQL statement: logic here, leaves in the words of a
 * dialect. What a dialect cannot say exactly as `matches` means it, it answers by `matches`.
 */
import {
  type CompareOp,
  type ElementComparison,
  type Expression,
  type Filter,
  type Json,
  matches,
  negated,
  type Path,
  type Search,
  type Visibility,
} from "@stoa/domain";

export type SqlValue = string | number | null | Uint8Array;

/** A piece of SQL with its parameters in order: `{sql: "id = ?", values: ["5823..."]}`. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Conditions are never NULL. Undefined where the database cannot say it: then `other` does. */
export interface FilterDialect {
  compare(path: Path, op: CompareOp, value: Json): Sql | undefined;
  oneOf(path: Path, values: readonly Json[]): Sql | undefined;
  element(comparison: ElementComparison): Sql | undefined;
  like(path: Path, pattern: string): Sql | undefined;
  contains(path: Path, value: Json): Sql | undefined;
  search(asked: Search): Sql | undefined;
  visible(rule: Visibility): Sql;
  /** Calls `matches` for each row. */
  other(filter: Filter): Sql;
}

/** The conditions that all must hold, with no `not` but before leaves. */
export function conjuncts(filter: Filter): readonly Filter[] {
  const plain = negated({ kind: "not", of: filter });
  return plain.kind === "all" ? plain.of : [plain];
}

/** The condition of a filter whose `not` stand before leaves only (`conjuncts`). */
export function sqlFilter(filter: Filter, dialect: FilterDialect): Sql {
  switch (filter.kind) {
    case "all":
      return joined(
        filter.of.map((part) => sqlFilter(part, dialect)),
        "AND",
      );
    case "any":
      return joined(
        filter.of.map((part) => sqlFilter(part, dialect)),
        "OR",
      );
    case "not":
      return opposite(sqlFilter(filter.of, dialect));
    default:
      return isConstant(filter) ? truth(matches(filter, {})) : leaf(filter, dialect);
  }
}

/** `(a) AND (b)`; of none, true for AND and false for OR. */
export function joined(parts: readonly Sql[], word: "AND" | "OR"): Sql {
  const neutral = truth(word === "AND").sql;
  const absorbing = truth(word === "OR").sql;
  const used = parts.filter(({ sql }) => sql !== neutral);
  if (used.some(({ sql }) => sql === absorbing)) return truth(word === "OR");
  if (used.length < 2) return used[0] ?? truth(word === "AND");
  return {
    sql: used.map(({ sql }) => `(${sql})`).join(` ${word} `),
    values: used.flatMap(({ values }) => values),
  };
}

export function truth(isTrue: boolean): Sql {
  return { sql: isTrue ? "TRUE" : "FALSE", values: [] };
}

export function opposite({ sql, values }: Sql): Sql {
  if (sql === "TRUE") return truth(false);
  if (sql === "FALSE") return truth(true);
  return { sql: `NOT (${sql})`, values };
}

/** A property beside constants, whichever side it stood on. */
export interface PropertyTest {
  readonly path: Path;
  readonly op: CompareOp;
  readonly value: Json;
}

/** The comparison of a property with a constant that the filter is, or undefined. */
export function propertyTest(filter: Filter): PropertyTest | undefined {
  if (filter.kind !== "compare") return undefined;
  const { op } = filter;
  const [left, right] = [constantOf(filter.left), constantOf(filter.right)];
  if (filter.left.kind === "property" && right) {
    return { path: filter.left.path, op, value: right.value };
  }
  if (filter.right.kind === "property" && left) {
    return { path: filter.right.path, op: mirrored[op], value: left.value };
  }
  return undefined;
}

/** The values of which a property must have one, for the filters that ask just that. */
export function choice(filter: Filter): { path: Path; values: readonly Json[] } | undefined {
  if (filter.kind === "loosely") {
    return { path: filter.path, values: looselyEqual(filter.value) };
  }
  if (filter.kind !== "in" || filter.left.kind !== "property") return undefined;
  const list = constantOf(filter.right);
  if (!list) return undefined;
  return { path: filter.left.path, values: Array.isArray(list.value) ? list.value : [] };
}

/** The one value of a property that the filter lets through, if it asks just that. */
export function equalityOf(part: Filter): { path: Path; value: Json } | undefined {
  if (part.kind === "element") return part.op === "==" ? part : undefined;
  if (part.kind === "isnull") {
    return part.of.kind === "property" ? { path: part.of.path, value: null } : undefined;
  }
  const test = propertyTest(part);
  if (test) return test.op === "==" ? test : undefined;
  const chosen = choice(part);
  if (chosen?.values.length !== 1) return undefined;
  return { path: chosen.path, value: chosen.values[0] as Json };
}

/** Without visibility that says nothing, as the one group that is asked for is in its reach. */
export function unimplied(parts: readonly Filter[]): readonly Filter[] {
  const groups = parts.flatMap((part) => {
    const test = equalityOf(part);
    const isGroup = test?.path.length === 1 && test.path[0] === "group";
    return isGroup && typeof test.value === "string" ? [test.value] : [];
  });
  return parts.filter((part) => {
    return part.kind !== "visible" || !groups.some((group) => part.reach.has(group));
  });
}

/** The only visibility that is asked for, if nothing else is. */
export function visibilityOnly(parts: readonly Filter[]): Visibility | undefined {
  const [part] = parts;
  return parts.length === 1 && part?.kind === "visible" ? part : undefined;
}

type Leaf = Exclude<Filter, { kind: "all" | "any" | "not" }>;

function leaf(filter: Leaf, dialect: FilterDialect): Sql {
  return said(filter, dialect) ?? dialect.other(filter);
}

function said(filter: Leaf, dialect: FilterDialect): Sql | undefined {
  switch (filter.kind) {
    case "compare": {
      const test = propertyTest(filter);
      return test && dialect.compare(test.path, test.op, test.value);
    }
    case "loosely":
    case "in": {
      const chosen = choice(filter);
      return chosen && dialect.oneOf(chosen.path, chosen.values);
    }
    case "element":
      return dialect.element(filter);
    case "isnull":
      return filter.of.kind === "property"
        ? dialect.compare(filter.of.path, "==", null)
        : undefined;
    case "truthy":
      return filter.of.kind === "property"
        ? dialect.compare(filter.of.path, "==", true)
        : undefined;
    case "like": {
      const pattern = constantOf(filter.pattern);
      if (filter.left.kind !== "property" || typeof pattern?.value !== "string") return undefined;
      return dialect.like(filter.left.path, pattern.value);
    }
    case "contains": {
      const part = constantOf(filter.right);
      if (filter.left.kind !== "property" || !part) return undefined;
      return dialect.contains(filter.left.path, part.value);
    }
    case "search":
      return dialect.search(filter);
    case "visible":
      return dialect.visible(filter);
    default:
      return filter satisfies never;
  }
}

/** All values that equal this one loosely: a string and the JSON text of other scalars. */
function looselyEqual(value: Json): readonly Json[] {
  if (value === null || typeof value === "number" || typeof value === "boolean") {
    return [value, JSON.stringify(value)];
  }
  if (typeof value !== "string") return [value];
  const scalar = scalarOf(value);
  return scalar === undefined ? [value] : [value, scalar];
}

/** The null, boolean or number whose JSON text this is, to the letter. */
function scalarOf(text: string): null | boolean | number | undefined {
  if (text === "null") return null;
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return Number.isFinite(number) && JSON.stringify(number) === text ? number : undefined;
}

function constantOf(expression: Expression): { readonly value: Json } | undefined {
  if (expression.kind === "constant") return expression;
  if (expression.kind !== "list") return undefined;
  const items = expression.items.map(constantOf);
  return items.every((item) => item !== undefined)
    ? { value: items.map(({ value }) => value) }
    : undefined;
}

/** Whether it asks nothing of the entity: `1 < 2`. */
function isConstant(filter: Leaf): boolean {
  switch (filter.kind) {
    case "compare":
    case "in":
    case "contains":
      return [filter.left, filter.right].every((side) => constantOf(side) !== undefined);
    case "like":
      return [filter.left, filter.pattern].every((side) => constantOf(side) !== undefined);
    case "isnull":
    case "truthy":
      return constantOf(filter.of) !== undefined;
    default:
      return false;
  }
}

const mirrored: Readonly<Record<CompareOp, CompareOp>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};
