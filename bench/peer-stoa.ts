/**
 * Stoa itself as one of the systems of the bench of peers: people in groups of their own, entities
 * that their owners alone see, a schema, and the change log, as always.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Api, signIn } from "./api.ts";
import { type BenchEntity, benchStore } from "./entity-source.ts";
import { type Peer, partsOf } from "./peer.ts";
import { adminPassword, startStoa } from "./process.ts";
import { makeGroups, memberRole } from "./seed.ts";

/** Stoa, and what is needed to measure it more closely. */
export interface StoaPeer extends Peer {
  readonly pid: number;
  readonly token: string;
}

/** @param url of a database of PostgreSQL; without it, a folder of its own */
export async function openStoa(entities: readonly BenchEntity[], url?: string): Promise<StoaPeer> {
  const folder = url ?? mkdtempSync(join(tmpdir(), "stoa-peer-"));
  const server = await startStoa(folder);
  const admin = await signIn(server.url, "admin");
  await admin.send("POST", "stores", benchStore);
  const [caller, other] = await makePeople(admin);
  const ids: string[] = [];
  for (const [at, part] of partsOf(entities, 1_000).entries()) {
    const { text } = await (at % 2 === 0 ? caller : other).send("POST", benchStore.name, part);
    if (at % 2 !== 0) continue;
    for (const { _id } of JSON.parse(text) as { _id: string }[]) ids.push(_id);
  }
  const store = `/api/v1/${benchStore.name}`;
  return {
    name: url ? "Stoa on PostgreSQL" : "Stoa",
    settings: [
      "token, rule of access for each entity, JSON Schema, one index, change log, WAL",
      "log forced to disk before each answer, pages by cursor, 1 process",
    ],
    url: server.url,
    pid: server.pid,
    token: caller.token,
    headers: { Authorization: `Bearer ${caller.token}` },
    paths: {
      store,
      get: (id) => `${store}/${id}`,
      list: (limit, skip) => `${store}?limit=${limit}${afterWords(ids, skip)}`,
    },
    ids,
    bodyOf: (entity) => entity,
    end: async () => {
      await server.end();
      if (!url) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Pages follow a cursor, as `Link: rel="next"` gives it. */
function afterWords(ids: readonly string[], skip: number): string {
  if (skip === 0) return "";
  return `&after=${encodeURIComponent(JSON.stringify([ids[skip - 1]]))}`;
}

async function makePeople(admin: Api): Promise<[Api, Api]> {
  const [top] = JSON.parse((await admin.send("GET", "groups")).text) as [{ _id: string }];
  const groups = await makeGroups(admin, [top._id, top._id]);
  const role = await memberRole(admin);
  const make = async (login: string, group: string | undefined) => {
    await admin.send("POST", "users", { login, password: adminPassword, role, group });
    return signIn(admin.url, login);
  };
  return [await make("ada", groups[0]), await make("ben", groups[1])];
}
