/**
 * Answers to `GET /:store`: a page with a link to the next, a stream, or what there is of all of
 * it. Knows how lists are sent; which parameters there are is for `list-query.ts`.
 */
import { type Cursor, type EntityService, limit } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { beginList, sendEntity } from "../answer.ts";
import { withoutParameters } from "../query-string.ts";
import { apiPrefix, type House, queryText } from "../route.ts";
import type { ListQuery } from "./list-query.ts";
import { collect, streamList } from "./list-stream.ts";

/** What is asked for, and of whom. */
export interface ListRequest extends ListQuery {
  readonly entities: EntityService;
  readonly store: string;
}

export async function sendList(
  house: House,
  list: ListRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { entities, store, query, options, meta } = list;
  if (meta !== "none") return sendEntity(reply, await metaText(list));
  const pages = await entities.find(store, query, options);
  if (query.limit <= limit.linkedPageEntitiesMax) {
    const { body, count, cursor } = await collect(pages);
    const isFull = cursor !== null && count === query.limit;
    const link = isFull ? { link: nextLink(store, cursor, request) } : undefined;
    return sendEntity(reply, body, link);
  }
  if (request.method === "HEAD") return void beginList(reply).end();
  await streamList(
    pages,
    () => beginList(reply),
    (cause) => house.observe({ kind: "listBroken", route: `${apiPrefix}/:store`, cause }),
  );
}

async function metaText({ entities, store, query, options, meta }: ListRequest): Promise<string> {
  if (meta === "count") {
    return `{"success":true,"total":${await entities.count(store, query, options)}}`;
  }
  const { total, first, last } = await entities.meta(store, query, options);
  return `{"success":true,"total":${total},"first":${first},"last":${last}}`;
}

const pageParameters: ReadonlySet<string> = new Set(["after", "offset"]);

/**
 * The same request from behind its last entity on: `</api/v1/cities?limit=10&after=...>;
 * rel="next"`.
 */
function nextLink(store: string, cursor: Cursor, request: FastifyRequest): string {
  const kept = withoutParameters(queryText(request), pageParameters);
  const after = `after=${encodeURIComponent(JSON.stringify(cursor))}`;
  const url = `${apiPrefix}/${encodeURIComponent(store)}?${kept}${kept === "" ? "" : "&"}${after}`;
  return `<${url.replace(/[<>"\\^`{|} ]/g, encodeURIComponent)}>; rel="next"`;
}
