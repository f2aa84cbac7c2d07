/**
 * `GET /api/v1/statistics`: how the server is doing, for a page about its health: the load of the
 * last hour, the size of the database, and of each store. Knows no number itself.
 */
import { sendPrivate } from "../answer.ts";
import { apiPrefix, asCaller, type House, type Route } from "../route.ts";

/** @param statistics what the program knows of itself: load and database. */
export function statisticsRoute(house: House, statistics: () => Promise<object>): Route {
  return {
    path: `${apiPrefix}/statistics`,
    verbs: {
      GET: asCaller(house, async (caller, _request, reply) => {
        const { services, version } = house;
        const stores = await services.stores.statistics(caller);
        const answer = { success: true, version, ...(await statistics()), stores };
        sendPrivate(reply, JSON.stringify(answer));
      }),
    },
  };
}
