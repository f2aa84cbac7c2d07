/**
 * The entities that the bench works with: the same ones for the same seed, about 200 bytes each.
 * Pure.
 */

/** Numbers from 0 to below 1, the same sequence for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}

export interface BenchEntity {
  readonly name: string;
  readonly kind: string;
  readonly country: string;
  readonly score: number;
  readonly active: boolean;
  readonly place: { readonly lat: number; readonly lng: number };
  readonly note: string;
}

/** `{"name":"Object 48211903","kind":"sensor","country":"NL","score":10311544,...}` */
export function entityOf(random: () => number): BenchEntity {
  const digits = (least: number) => least + Math.floor(random() * 9 * least);
  const degrees = (most: number) => Math.round((random() * 2 - 1) * most * 1e6) / 1e6;
  return {
    name: `Object ${digits(10_000_000)}`,
    kind: pick(kinds, random),
    country: pick(countries, random),
    score: digits(10_000_000),
    active: random() < 0.5,
    place: { lat: degrees(90), lng: degrees(180) },
    note: `Seen at the ${pick(kinds, random)} and kept for ${digits(1_000)} of its days.`,
  };
}

export const benchStore = {
  name: "bench",
  schema: {
    type: "object",
    required: ["name", "kind", "country", "score"],
    properties: {
      name: { type: "string", maxLength: 100 },
      kind: { type: "string", maxLength: 100 },
      country: { type: "string", pattern: "^[A-Z]{2}$" },
      score: { type: "integer" },
      active: { type: "boolean" },
      place: {
        type: "object",
        properties: { lat: { type: "number" }, lng: { type: "number" } },
      },
      note: { type: "string" },
    },
  },
  indexes: [["country"]],
} as const;

const kinds = ["sensor", "vehicle", "building", "person", "route", "order", "contract", "meter"];
const countries = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (letter) => [
  `${letter}A`,
  `${letter}E`,
  `${letter}O`,
  `${letter}U`,
]).flat();
