/**
 * Objects of the reference API as texts, made of the texts that the service gives; a document is
 * parsed only where a mask or `flat` asks for a part of it. Knows no query and no response.
 */
import {
  bodyOfText,
  isJsonObject,
  type Json,
  type JsonObject,
  type Page,
  project,
  setOwn,
  textPage,
} from "@stoa/domain";
import type { ListForm, ObjectForm } from "./reference-query.ts";

/** The whole object: `{"_id":"1","owner":..,"type":"a",..}` gives `{"id":"1","type":"a",..}`. */
export function objectText(text: string): string {
  return `{"id":"${idOfText(text)}",${bodyOfText(text).slice(1)}`;
}

/** `f199b9f2-...` of `{"_id":"f199b9f2-...",...}`: the id comes first, and holds no quote. */
function idOfText(text: string): string {
  return text.slice(idStart, text.indexOf('"', idStart));
}

const idStart = '{"_id":"'.length;

/** The object as a mask and `flat` want it. */
export function formedText(text: string, { mask, isFlat }: ObjectForm): string {
  const object = JSON.parse(objectText(text)) as JsonObject;
  const inOrder = mask?.toSorted((a, b) => rankOf(a[0]) - rankOf(b[0]));
  const shown = inOrder ? project(object, inOrder) : object;
  return JSON.stringify(isFlat ? flattened(shown) : shown);
}

const memberOrder = ["id", "type", "value", "opts", "ext"];

function rankOf(name: string | undefined): number {
  return memberOrder.indexOf(name ?? "");
}

/** Items of a list, out of texts that hold `_id` and what is shown besides. */
export async function* listPages(pages: AsyncIterable<Page>, form: ListForm): AsyncGenerator<Page> {
  for await (const { texts, cursor } of pages) {
    yield textPage(
      texts.map((text) => itemText(text, form)),
      cursor,
    );
  }
}

function itemText(text: string, { hasId, isFlat }: ListForm): string {
  const item = hasId ? `{"id":${text.slice(idStart - 1)}` : withoutId(text);
  return isFlat ? JSON.stringify(flattened(JSON.parse(item) as JsonObject)) : item;
}

/** `{"_id":"1","type":"a"}` gives `{"type":"a"}`, and `{"_id":"1"}` gives `{}`. */
function withoutId(text: string): string {
  const end = text.indexOf('"', idStart) + 1;
  return text[end] === "," ? `{${text.slice(end + 1)}` : "{}";
}

/**
 * `{"opts":{"title":"a"},"ext":{"x":{"y":1}}}` gives `{"opts.title":"a","ext.x.y":1}`; `value`,
 * arrays and empty objects stay as they are.
 */
function flattened(object: JsonObject): JsonObject {
  const flat: Record<string, Json> = {};
  for (const key of Object.keys(object)) {
    const value = object[key] as Json;
    if (key === "value") setOwn(flat, key, value);
    else flatten(key, value, flat);
  }
  return flat;
}

function flatten(path: string, value: Json, into: Record<string, Json>): void {
  const keys = isJsonObject(value) ? Object.keys(value) : [];
  if (keys.length === 0) setOwn(into, path, value);
  for (const key of keys) flatten(`${path}.${key}`, (value as JsonObject)[key] as Json, into);
}
