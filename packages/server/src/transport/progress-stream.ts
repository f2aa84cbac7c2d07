/**
 * Long work as an answer that comes while it is done: a line of NDJSON for each event, and a last
 * one, `{"kind":"end","success":...}`. Knows no work.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { beginList } from "./answer.ts";
import { problemAt } from "./problem-at.ts";
import type { House } from "./route.ts";

export const ndjsonType = "application/x-ndjson; charset=utf-8";

/**
 * What goes wrong before the first event is thrown, and nothing is written. Who goes away ends the
 * work. The progress is not waited for to be read: a client may send all before it reads.
 * @param shown an event as it goes out; the last one has the kind `end`.
 */
export async function sendProgress<T>(
  house: House,
  call: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  events: AsyncGenerator<T>,
  shown: (event: T) => object,
): Promise<void> {
  const first = await events.next();
  const headers = { "content-type": ndjsonType, "cache-control": "no-store" };
  const response = beginList(call.reply, headers);
  const write = (value: object) => response.write(`${JSON.stringify(value)}\n`);
  try {
    for (let step = first; step.done !== true; step = await events.next()) {
      write(shown(step.value));
      if (response.destroyed) break;
    }
    await events.return(undefined);
  } catch (cause) {
    write({ kind: "end", ...problemValue(house, call.request, cause) });
  }
  response.end();
}

function problemValue(house: House, request: FastifyRequest, cause: unknown): object {
  const route = request.routeOptions.url ?? "";
  const fault = (unknown: unknown) => {
    house.observe({ kind: "listBroken", route, cause: unknown });
    return route;
  };
  return JSON.parse(problemAt(request.raw.url, cause, fault).text) as object;
}
