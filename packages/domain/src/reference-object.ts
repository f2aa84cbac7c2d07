/**
 * What an object of the reference API is, `{type, value, opts, ext}`: its shape, how it is made and
 * how it is changed. Knows JSON values and times; no store and no wire. Source: seed of that API.
 */
import { StoaError, type Violation } from "./error.ts";
import { isJsonObject, type Json, type JsonObject, ownValue, setOwn } from "./json.ts";
import {
  referenceRestBytesMax,
  referenceTypeCharactersMax,
  referenceValueBytesMax,
  violationsMax,
} from "./limit.ts";
import { equalJson } from "./order.ts";

/**
 * The object that a body asks for, as it is kept and served: `type`, `value` where there is one,
 * `opts`, `ext`, in this order, and in `ext` first `ct` and `lwt`, which are the server's. Members
 * of `opts` and `ext` that are null are left out, and so are `ct` and `lwt` as sent.
 * @param time of creation, Unix milliseconds
 * @throws StoaError `validation` with every violation, `too_large`
 */
export function createReference(body: JsonObject, time: number): JsonObject {
  const now = timeText(time);
  return shaped(mergeReference({}, body), { ct: now, lwt: now });
}

/**
 * The fields that a patch asks for (seed, PATCH; design 4): members of `opts` and `ext` merge one
 * level, where null removes and arrays are replaced; `type` and `value` are replaced whole, and
 * null is a value. `opts: null` and `ext: null` mean `{}`, which changes nothing.
 * @throws StoaError `validation`
 */
export function mergeReference(old: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...old };
  for (const key of Object.keys(patch)) {
    const change = patch[key] as Json;
    const isComposite = key === "opts" || key === "ext";
    setOwn(merged, key, isComposite ? mergedMembers(ownValue(old, key), change) : change);
  }
  return merged;
}

/**
 * The object after a change, `old` itself where nothing changes, so that `lwt` stays.
 * @param asked the fields that it should have
 * @param time of the change, Unix milliseconds
 * @throws StoaError `validation`, `too_large`
 */
export function changeReference(old: JsonObject, asked: JsonObject, time: number): JsonObject {
  const { ct, lwt } = ownValue(old, "ext") as unknown as Times;
  const same = shaped(asked, { ct, lwt });
  return equalJson(same, old) ? old : shaped(asked, { ct, lwt: timeText(time) });
}

/** RFC 3339 in UTC with milliseconds, so that texts sort as times: `2019-08-21T07:24:18.620Z`. */
export function timeText(time: number): string {
  if (time <= timeMax) return new Date(time).toISOString();
  throw refusal([{ path: "time", rule: "maximum", message: "must be before the year 10000" }]);
}

interface Times {
  readonly ct: string;
  readonly lwt: string;
}

const timeMax = Date.UTC(10_000, 0) - 1;

function mergedMembers(old: Json | undefined, change: Json): Json {
  const base = isJsonObject(old) ? old : {};
  if (change === null) return base;
  if (!isJsonObject(change)) return change;
  const merged: Record<string, Json> = {};
  for (const key of Object.keys(base)) {
    const value = ownValue(change, key) ?? (base[key] as Json);
    if (ownValue(change, key) !== null) setOwn(merged, key, value);
  }
  for (const key of Object.keys(change)) {
    const value = change[key] as Json;
    if (value !== null && !Object.hasOwn(base, key)) setOwn(merged, key, value);
  }
  return merged;
}

/** The fields checked and in order, with these times. */
function shaped(fields: JsonObject, { ct, lwt }: Times): JsonObject {
  const opts = ownValue(fields, "opts") ?? {};
  const ext = ownValue(fields, "ext") ?? {};
  const violations = violationsOf({ ...fields, opts, ext });
  if (violations.length > 0) throw refusal(violations.slice(0, violationsMax));
  const times: Record<string, Json> = { ct, lwt };
  for (const key of Object.keys(ext)) {
    if (key !== "ct" && key !== "lwt") setOwn(times, key, (ext as JsonObject)[key] as Json);
  }
  const value = ownValue(fields, "value");
  const object = {
    type: fields["type"] as Json,
    ...(value !== undefined && { value }),
    opts: ordered(opts as JsonObject),
    ext: times,
  };
  requireSize(object, value);
  return object;
}

const optionNames = ["title", "comment", "user_tags"] as const;

function ordered(opts: JsonObject): JsonObject {
  const names = optionNames.filter((name) => Object.hasOwn(opts, name));
  return Object.fromEntries(names.map((name) => [name, opts[name] as Json]));
}

function violationsOf(fields: JsonObject): readonly Violation[] {
  const unknown = Object.keys(fields).filter((key) => !members.has(key));
  return [
    ...unknown.map((path) => wrong(path, "additionalProperties", "is no field of such an object")),
    ...typeViolations(ownValue(fields, "type")),
    ...optionViolations(fields["opts"] as Json),
    ...(isJsonObject(fields["ext"]) ? [] : [wrong("ext", "type", "must be an object")]),
  ];
}

const members: ReadonlySet<string> = new Set(["type", "value", "opts", "ext"]);

function typeViolations(type: Json | undefined): Violation[] {
  if (type === undefined) return [wrong("type", "required", "is required")];
  if (typeof type !== "string") return [wrong("type", "type", "must be text")];
  if (type.length > 0 && type.length <= referenceTypeCharactersMax) return [];
  return [wrong("type", "length", `must have 1 to ${referenceTypeCharactersMax} characters`)];
}

function optionViolations(opts: Json): Violation[] {
  if (!isJsonObject(opts)) return [wrong("opts", "type", "must be an object")];
  return Object.keys(opts).flatMap((key): Violation[] => {
    const path = `opts.${key}`;
    const value = opts[key] as Json;
    switch (key) {
      case "title":
      case "comment":
        return typeof value === "string" ? [] : [wrong(path, "type", "must be text")];
      case "user_tags":
        return isTexts(value) ? [] : [wrong(path, "type", "must be a list of texts")];
      default:
        return [wrong(path, "additionalProperties", "must be title, comment or user_tags")];
    }
  });
}

function isTexts(value: Json): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

/** Of what is not over its limit, a client can send everything back. */
function requireSize(object: JsonObject, value: Json | undefined): void {
  const whole = JSON.stringify(object);
  // A unit of UTF-16 is 1 to 3 bytes of UTF-8: most texts need not be encoded to be judged.
  if (whole.length * 3 <= referenceRestBytesMax) return;
  const valueText = value === undefined ? "" : JSON.stringify(value);
  const valueBytes = bytesOf(valueText);
  if (valueBytes > referenceValueBytesMax) {
    throw tooLarge("value", `must have at most ${referenceValueBytesMax} bytes of JSON`);
  }
  if (bytesOf(whole) - valueBytes > referenceRestBytesMax) {
    throw tooLarge("", `must have at most ${referenceRestBytesMax} bytes of JSON beside its value`);
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function tooLarge(path: string, message: string): StoaError {
  const words = path === "" ? `An object ${message}.` : `${path}: ${message}`;
  return new StoaError("too_large", words, { details: [wrong(path, "maxLength", message)] });
}

function wrong(path: string, rule: string, message: string): Violation {
  return { path, rule, message };
}

function refusal(violations: readonly Violation[]): StoaError {
  const [{ path, message }] = violations as [Violation];
  return new StoaError("validation", `${path}: ${message}`, { details: violations });
}
