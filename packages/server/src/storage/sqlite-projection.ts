/**
 * The projection of `only` as SQL: the body that a list needs is put together inside SQLite, so
 * that no document is parsed here. What SQL cannot say as `project` means it is left to
 * `project`.
 */
import {
  type Chosen,
  chosenFields,
  entityText,
  type Json,
  type JsonObject,
  type Path,
  project,
  projectValue,
  type StoredEntity,
  systemFields,
} from "@stoa/domain";
import { jsonPath, quoted } from "./sqlite-path.ts";

export interface Projection {
  /** An expression for what to read of a row `e` instead of its body; undefined for all of it. */
  readonly body: string | undefined;
  /** The text to serve, of an entity whose body was read by that expression. */
  readonly text: (entity: StoredEntity, branch: string) => string;
}

export function projectionOf(only: readonly Path[] | null): Projection {
  if (only === null) return { body: undefined, text: entityText };
  const chosen = [...chosenFields(only)];
  const own: Chosen = new Map(chosen.filter(([name]) => !systemFields.has(name)));
  const system = chosen.filter(([name]) => systemFields.has(name));
  const isDeep = system.some(([, inner]) => inner !== null);
  if (isDeep || only.some((path) => path.some(isIndexLike)) || sizeOf(own) > fieldsMax) {
    return { body: undefined, text: (entity, branch) => parsedText(only, entity, branch) };
  }
  const names = system.map(([name]) => name).filter((name) => name !== "_id");
  return {
    body: `'{' || substr(${members(own, [])}, 2) || '}'`,
    text: (entity, branch) => splicedText(names, entity, branch),
  };
}

function parsedText(only: readonly Path[], entity: StoredEntity, branch: string): string {
  return JSON.stringify(project(JSON.parse(entityText(entity, branch)) as JsonObject, only));
}

/** `{"_id":"58238a935baa56173b24f0e4","owner":"...","name":"Delft"}` */
function splicedText(names: readonly string[], entity: StoredEntity, branch: string): string {
  let text = `{"_id":"${entity.id}"`;
  for (const name of names) text += systemMember(name, entity, branch);
  return entity.body === "{}" ? `${text}}` : `${text},${entity.body.slice(1)}`;
}

function systemMember(name: string, entity: StoredEntity, branch: string): string {
  switch (name) {
    case "owner":
      return `,"owner":"${entity.owner}"`;
    case "group":
      return `,"group":"${entity.group}"`;
    case "access":
      return `,"access":${JSON.stringify(entity.access)}`;
    case "branch":
      return `,"branch":${branch}`;
    case "time":
      return `,"time":${entity.time}`;
    default:
      return entity.at === null ? "" : `,"_at":${entity.at}`;
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
