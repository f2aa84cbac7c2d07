/**
 * The projection of `only` as SQL: the body that a list needs is put together inside SQLite, so
 * that no document is parsed here. What SQL cannot say as `project` means it is left to
 * `project`.
 */
import {
  type Chosen,
  chosenFields,
  type Json,
  type JsonObject,
  type Path,
  project,
  projectValue,
  systemFields,
} from "@stoa/domain";
import type { Sql } from "./sql-filter.ts";
import { jsonPath, quoted } from "./sqlite-path.ts";

/** The text to serve of a row `e`, whose whole text is `whole`: `{"_id":"1","name":"Delft"}`. */
export function projectionSql(only: readonly Path[] | null, whole: Sql): Sql {
  if (only === null) return whole;
  const chosen = [...chosenFields(only)];
  const own: Chosen = new Map(chosen.filter(([name]) => !systemFields.has(name)));
  const system = chosen.filter(([name]) => systemFields.has(name));
  const isDeep = system.some(([, inner]) => inner !== null);
  if (isDeep || only.some((path) => path.some(isIndexLike)) || sizeOf(own) > fieldsMax) {
    const paths = quoted(JSON.stringify(only));
    return { sql: `stoa_only(${whole.sql}, ${paths})`, values: whole.values };
  }
  const names = system.map(([name]) => name).filter((name) => name !== "_id");
  const parts = [`'{"_id":"' || e.id || '"'`, ...names.map(systemMember)];
  if (own.size > 0) parts.push(members(own, []));
  return { sql: `${parts.join(" || ")} || '}'`, values: [] };
}

/** `stoa_only('{"_id":"1","x":1,"y":2}', '[["x"]]')`: what SQL does not say as `project` means. */
export function projectWhole(text: unknown, paths: unknown): string {
  const entity = JSON.parse(String(text)) as JsonObject;
  return JSON.stringify(project(entity, JSON.parse(String(paths)) as Path[]));
}

function systemMember(name: string): string {
  switch (name) {
    case "owner":
      return `',"owner":"' || (SELECT o.id FROM owner_id o WHERE o.n = e.own) || '"'`;
    case "group":
      return `',"group":"' || (SELECT g.id FROM group_id g WHERE g.n = e.grp) || '"'`;
    case "access":
      return `',"access":' || stoa_access(e.acc)`;
    case "branch":
      return `',"branch":' || stoa_branch(e.grp)`;
    case "time":
      return `',"time":' || CAST(e.time AS INTEGER)`;
    default:
      return `ifnull(',"_at":' || CAST(e.at AS INTEGER), '')`;
  }
}

/** `stoa_project('[{"x":1}]', '[["x"]]')`: an array on the way, which SQL does not map over. */
export function projectText(text: unknown, paths: unknown): string | null {
  const chosen = chosenFields(JSON.parse(String(paths)) as Path[]);
  const value = projectValue(JSON.parse(String(text)) as Json, chosen);
  return value === undefined ? null : JSON.stringify(value);
}

/** `,"a":1,"b":{"c":2}`, or nothing where nothing stands. */
function members(chosen: Chosen, at: Path): string {
  const parts = [...chosen].map(([name, inner]) => member(name, inner, [...at, name]));
  return parts.length === 0 ? "''" : `(${parts.join(" || ")})`;
}

function member(name: string, inner: Chosen | null, path: Path): string {
  const key = quoted(`,${JSON.stringify(name)}:`);
  const json = `(e.body -> ${jsonPath(path)})`;
  if (inner === null) return `ifnull(${key} || ${json}, '')`;
  const object = `'{' || substr(nullif(${members(inner, path)}, ''), 2) || '}'`;
  const array = `stoa_project(${json}, ${quoted(JSON.stringify(pathsOf(inner)))})`;
  const type = `json_type(e.body, ${jsonPath(path)})`;
  return (
    `ifnull(${key} || CASE ${type} WHEN 'object' THEN ${object} ` +
    `WHEN 'array' THEN ${array} END, '')`
  );
}

function pathsOf(chosen: Chosen): Path[] {
  return [...chosen].flatMap(([name, inner]) =>
    inner === null ? [[name]] : pathsOf(inner).map((path) => [name, ...path]),
  );
}

function sizeOf(chosen: Chosen): number {
  return pathsOf(chosen).reduce((size, path) => size + path.length, 0);
}

/** Names that JavaScript moves to the front of an object. */
function isIndexLike(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Longer statements cost more than they save. */
const fieldsMax = 50;
