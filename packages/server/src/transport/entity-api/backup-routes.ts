/**
 * Copies of the whole database: `/backups` makes and lists them, `/backups/:name` gives one out and
 * removes it. Knows words on the wire.
 */
import { pipeline } from "node:stream/promises";
import { type Caller, limit } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { beginList, sendPrivate } from "../answer.ts";
import { sendProgress } from "../progress-stream.ts";
import { checkMediaType } from "../request-body.ts";
import { apiPrefix, asCaller, type House, type Route } from "../route.ts";

export function backupRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${apiPrefix}/backups`,
      verbs: {
        GET: asCaller(house, (...call) => listBackups(house, ...call)),
        POST: asCaller(house, (...call) => makeBackup(house, ...call)),
      },
    },
    {
      path: `${apiPrefix}/backups/:name`,
      verbs: {
        GET: asCaller(house, (...call) => sendBackup(house, ...call)),
        DELETE: asCaller(house, (...call) => removeBackup(house, ...call)),
      },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

/** `{"success":true,"most":10,"backups":[{"name":"stoa-...db","time":..,"bytes":..}]}` */
async function listBackups({ services }: House, ...[caller, , reply]: Call): Promise<void> {
  const backups = await services.backups.list(caller);
  sendPrivate(reply, JSON.stringify({ success: true, most: limit.backupsMax, backups }));
}

async function makeBackup(house: House, ...[caller, request, reply]: Call): Promise<void> {
  checkMediaType(request.raw);
  const events = house.services.backups.make(caller);
  await sendProgress(house, { request, reply }, events, (event) => {
    return event.kind === "end" ? { ...event, success: true } : event;
  });
}

async function sendBackup(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { name } = request.params as { name: string };
  const { bytes, read } = await house.services.backups.open(caller, name);
  const response = beginList(reply, {
    "content-type": "application/vnd.sqlite3",
    "content-length": bytes,
    "content-disposition": `attachment; filename="${name}"`,
    "cache-control": "no-store",
  });
  if (request.method === "HEAD") return void response.end();
  try {
    await pipeline(read(), response);
  } catch (cause) {
    const route = `${apiPrefix}/backups/:name`;
    if (!response.closed) house.observe({ kind: "listBroken", route, cause });
  }
}

async function removeBackup({ services }: House, ...[caller, request, reply]: Call): Promise<void> {
  checkMediaType(request.raw);
  const { name } = request.params as { name: string };
  await services.backups.remove(caller, name);
  sendPrivate(reply, JSON.stringify({ success: true, name }));
}
