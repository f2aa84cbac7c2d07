/**
 * `/metrics` in the text format of Prometheus: for a fixed secret, or for callers that hold it.
 * Knows no metric.
 */
import { requireAct } from "../service/permission.ts";
import { sendPrivate } from "./answer.ts";
import { authenticate, showsToken } from "./authenticate.ts";
import type { House, Route } from "./route.ts";

export function metricsRoute(
  house: House,
  metrics: () => Promise<string>,
  token: string | undefined,
): Route {
  const contentType = "text/plain; version=0.0.4; charset=utf-8";
  return {
    path: "/metrics",
    verbs: {
      GET: async (request, reply) => {
        if (token === undefined || !showsToken(request.raw.headers, token)) {
          const caller = await authenticate(house, request);
          requireAct(caller, { method: "GET", path: ["metrics"] });
        }
        sendPrivate(reply, await metrics(), { "content-type": contentType });
      },
    },
  };
}
