/**
 * What a client subscribes to, in its words: `{store, filter?, where?, only?, since?}`. Knows no
 * feed.
 */
import {
  and,
  type Filter,
  isJsonObject,
  type Json,
  type JsonObject,
  limit,
  type Path,
  parseFilter,
  parseJson,
  violation,
} from "@stoa/domain";
import type { Wish } from "../../service/feed-subscription.ts";
import { parseCondition, parsePathOf } from "../entity-api/where-condition.ts";

/** Errors: `validation` naming the member. */
export function wishOf(sent: unknown): Wish {
  const asked = parseJson(JSON.stringify(sent) ?? "null");
  if (!isJsonObject(asked)) throw violation("subscribe", "type", "takes {store, filter, ...}");
  return {
    store: storeOf(asked["store"] ?? null),
    filter: and(...filtersOf(asked["filter"] ?? null), ...conditionsOf(asked["where"] ?? null)),
    only: onlyOf(asked["only"] ?? null),
    since: sinceOf(asked["since"] ?? null),
  };
}

/** A sequence number as text, as in `?since=`: `"417"`, `"416.25"`. Errors: `validation`. */
export function sinceOfText(text: string): number {
  return sinceOf(/^\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text) as number;
}

/** `*` is every store that one may read. */
export function storeOf(store: Json): string | null {
  if (store === "*") return null;
  if (typeof store === "string" && store !== "") return store.replace(/^(\/?api\/v1)?\//, "");
  throw violation("store", "required", 'must be the name of a store, or "*"');
}

function filtersOf(filter: Json): Filter[] {
  if (filter === null) return [];
  return [parseFilter(typeof filter === "string" ? filter : JSON.stringify(filter))];
}

/** `{"value>=": 20, "tags": ["red", "blue"]}`: as `where.` in lists; a list is any of. */
function conditionsOf(where: Json): Filter[] {
  if (where === null) return [];
  if (!isJsonObject(where)) throw violation("where", "type", 'must read like {"value>=": 20}');
  const names = Object.keys(where);
  if (names.length > limit.conditionsMax) {
    throw violation("where", "maxItems", `has at most ${limit.conditionsMax} conditions`);
  }
  return names.map((name) => conditionOf(name, where));
}

function conditionOf(name: string, where: JsonObject): Filter {
  const sent = where[name] as Json;
  const values = Array.isArray(sent) ? (sent as readonly Json[]) : [sent];
  if (values.some((one) => typeof one === "object" && one !== null)) {
    throw violation(`where.${name}`.slice(0, 100), "type", "takes values, and lists of them");
  }
  const value = values.map((one) => JSON.stringify(one)).join(",");
  // `>` and `<` alone stand in the name of a parameter that has no `=`.
  if (/[<>]$/.test(name)) return parseCondition({ name: `where.${name}${value}`, value: null });
  // The `=` of an operator ends the name of a parameter.
  return parseCondition({ name: `where.${name.replace(/=$/, "")}`, value });
}

function onlyOf(only: Json): readonly Path[] | null {
  if (only === null) return null;
  const fields = typeof only === "string" ? only.split(",") : only;
  if (!Array.isArray(fields) || fields.length > limit.fieldsMax) {
    throw violation("only", "type", `must be a list of at most ${limit.fieldsMax} fields`);
  }
  return (fields as readonly Json[]).map((field) => {
    if (typeof field === "string") return parsePathOf("only", field);
    throw violation("only", "type", "must be a list of names of fields");
  });
}

function sinceOf(since: Json): number | undefined {
  if (since === null) return undefined;
  if (typeof since === "number" && since >= 0 && since <= Number.MAX_SAFE_INTEGER) return since;
  throw violation("since", "integer", "must be a sequence number");
}
