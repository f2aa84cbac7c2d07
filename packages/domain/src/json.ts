/**
 * JSON values: their types, and the one gate through which text becomes a value. Knows no entity.
 */
import { StoaError } from "./error.ts";
import { jsonDepthMax, pathCharactersMax } from "./limit.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The value of a JSON text: `parseJson('{"a":1}')` is `{a: 1}`. Of a doubled key the last counts.
 *
 * Refuses what not every engine or reader can carry (seed of both flavours, "Settled"): NUL and
 * lone surrogates in strings and keys, numbers past a double (`1e400`), depth over `jsonDepthMax`.
 * @throws StoaError `validation`; `details` has the path and one of the rules `syntax`, `nul`,
 * `surrogate`, `number`, `depth`.
 */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw refusal({ keys: [], rule: "syntax", message: syntaxMessage(cause) });
  }
  // Without an escape a bad character would have to stand in the text itself, where NUL is no JSON.
  const textsAreGood = !text.includes("\\u") && text.isWellFormed();
  refuse(findFault(value, 0, !textsAreGood));
  return value;
}

/** The checks of `parseJson` for a value that came another way. Same errors. */
export function checkJson(value: Json): void {
  refuse(findFault(value, 0, true));
}

/** Whether it is `{...}`: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `target[key] = value`, also when the key is `__proto__`. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}

/** `object[key]` if it is the object's own, so that `toString` is missing like any other name. */
export function ownValue(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

interface Fault {
  /** The way to the fault, innermost key first. */
  readonly keys: string[];
  readonly rule: "syntax" | "nul" | "surrogate" | "number" | "depth";
  readonly message: string;
}

/**
 * The first fault; `depth` is that of the containers around the value, and bounds the recursion.
 */
function findFault(value: Json, depth: number, checkTexts: boolean): Fault | undefined {
  if (typeof value === "string") return checkTexts ? textFault(value) : undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : numberFault();
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === jsonDepthMax) return depthFault();
  if (Array.isArray(value)) return arrayFault(value, depth + 1, checkTexts);
  return objectFault(value as JsonObject, depth + 1, checkTexts);
}

function arrayFault(items: readonly Json[], depth: number, checkTexts: boolean): Fault | undefined {
  for (let index = 0; index < items.length; index++) {
    const fault = findFault(items[index] as Json, depth, checkTexts);
    if (fault) return under(fault, String(index));
  }
  return undefined;
}

function objectFault(object: JsonObject, depth: number, checkTexts: boolean): Fault | undefined {
  for (const key of Object.keys(object)) {
    const fault =
      (checkTexts ? textFault(key) : undefined) ??
      findFault(object[key] as Json, depth, checkTexts);
    if (fault) return under(fault, key);
  }
  return undefined;
}

function under(fault: Fault, key: string): Fault {
  fault.keys.push(key);
  return fault;
}

function textFault(text: string): Fault | undefined {
  if (text.includes("\0")) {
    return { keys: [], rule: "nul", message: "must not hold the character NUL (U+0000)" };
  }
  if (!text.isWellFormed()) {
    return { keys: [], rule: "surrogate", message: "must not hold half of a surrogate pair" };
  }
  return undefined;
}

function numberFault(): Fault {
  return { keys: [], rule: "number", message: "must be a number that fits a double (1.8e308)" };
}

function depthFault(): Fault {
  return { keys: [], rule: "depth", message: `must not nest deeper than ${jsonDepthMax}` };
}

function refuse(fault: Fault | undefined): void {
  if (fault) throw refusal(fault);
}

function refusal({ keys, rule, message }: Fault): StoaError {
  const path = keys.toReversed().join(".").slice(0, pathCharactersMax).toWellFormed();
  return new StoaError("validation", path === "" ? message : `${path}: ${message}`, {
    details: [{ path, rule, message }],
  });
}

/** The parser's words without the piece of text that it quotes: that may be a password. */
function syntaxMessage(cause: unknown): string {
  const words = cause instanceof Error ? cause.message : "";
  const known = /^(Unexpected token '.'|Unexpected end|[^"]* at position \d+)/su.exec(words)?.[1];
  return known === undefined ? "must be JSON" : `must be JSON: ${known}`;
}
