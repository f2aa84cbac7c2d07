/**
 * Answers to `GET /:store`: a page with a link to the next, a stream, or what there is of all of
 * it. Knows how lists are sent; which parameters there are is for `list-query.ts`.
 */
import { type Caller, type Cursor, type EntityService, limit } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { beginList, sendEntity, sendParts } from "../answer.ts";
import { withoutParameters } from "../query-string.ts";
import { apiPrefix, type House, queryText } from "../route.ts";
import { csvPages, formatOf, formats } from "./list-layout.ts";
import type { ListQuery } from "./list-query.ts";
import { collect, streamList } from "./list-stream.ts";

/** What is asked for, and of whom. */
export interface ListRequest extends ListQuery {
  readonly caller: Caller;
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
  const format = formatOf(queryText(request), request.raw.headers.accept);
  if (format !== "json") return sendExport(house, list, format, request, reply);
  const pages = await entities.find(store, query, options);
  if (query.limit <= limit.linkedPageEntitiesMax) {
    const { parts, count, cursor, release } = await collect(pages);
    const isFull = cursor !== null && count === query.limit;
    const link = isFull ? { link: nextLink(store, cursor, request) } : undefined;
    return sendParts(reply, parts, release, link);
  }
  if (request.method === "HEAD") return void beginList(reply).end();
  await streamList(
    pages,
    () => beginList(reply),
    (cause) => house.observe({ kind: "listBroken", route: `${apiPrefix}/:store`, cause }),
  );
}

/** What the list shows, in another form, as a file; the same rights and the same order. */
async function sendExport(
  house: House,
  { entities, store, query, options, caller }: ListRequest,
  format: "ndjson" | "csv",
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { contentType, layout } = formats[format];
  const headers = {
    "content-type": contentType,
    "content-disposition": `attachment; filename="${store}.${format}"`,
  };
  const isCsv = format === "csv";
  // Columns are made of whole entities, so that a path into a list finds it.
  const asked = isCsv ? { ...query, only: null } : query;
  const found = await entities.find(store, asked, options);
  if (request.method === "HEAD") return void beginList(reply, headers).end();
  const shown = house.services.stores.shownTo(caller).find(({ name }) => name === store);
  const pages = isCsv
    ? csvPages(found, { only: query.only, schema: shown?.schema ?? null })
    : found;
  await streamList(
    pages,
    () => beginList(reply, headers),
    (cause) => house.observe({ kind: "listBroken", route: `${apiPrefix}/:store`, cause }),
    layout,
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
