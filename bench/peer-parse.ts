/**
 * Parse Server 9 on PostgreSQL as one of the systems of the bench of peers: who signs up, the list
 * of access of each object, what is asked for and the settings.
 */
import { freePort } from "../packages/server/test/free-port.ts";
import type { BenchEntity } from "./entity-source.ts";
import { callJson, type Peer, partsOf, peerPassword } from "./peer.ts";
import { installPackages } from "./peer-install.ts";
import { type Postgres, startPostgres } from "./peer-postgres.ts";
import { startPartner } from "./process.ts";

const packages = { "parse-server": "9.10.0" } as const;
const application = { "X-Parse-Application-Id": "bench" };
const master = { ...application, "X-Parse-Master-Key": "bench master" };

/**
 * @param given a cluster that is there; it gets a database of its own in any case
 * Errors: PeerMissing.
 */
export async function openParse(entities: readonly BenchEntity[], given?: Postgres): Promise<Peer> {
  const folder = await installPackages("parse", packages);
  const postgres = given ?? (await startPostgres());
  const port = String(await freePort());
  const words = [folder, `${await postgres.another()}?max=20`, port];
  const server = startPartner("peer-parse-server.ts", words);
  const { url } = await server.ask<{ url: string }>({}, 120_000);
  await callJson(`${url}/schemas/Thing`, { headers: master, body: schema });
  const [caller, other] = [await signUp(url, "ada"), await signUp(url, "ben")];
  const ids: string[] = [];
  for (const [at, part] of partsOf(entities, 50).entries()) {
    const person = at % 2 === 0 ? caller : other;
    const made = await createAll(url, person, part);
    if (at % 2 === 0) ids.push(...made);
  }
  const store = "/parse/classes/Thing";
  return {
    name: "Parse Server on PostgreSQL",
    settings: settingsOf(postgres),
    url: new URL(url).origin,
    headers: caller.headers,
    paths: {
      store,
      get: (id) => `${store}/${id}`,
      list: (limit, skip) => `${store}?limit=${limit}&skip=${skip}`,
    },
    ids,
    bodyOf: (entity) => bodyOf(entity, caller.user),
    end: async () => {
      await server.end();
      if (!given) await postgres.end();
    },
  };
}

function settingsOf({ settings }: Postgres): string[] {
  return [
    "Parse Server 9.10.0, session token, an ACL of its owner for each object",
    "columns and an index on country declared, no class creation by clients, direct access",
    "a pool of 20 connections, its own caches as they come, pages by skip, no log, 1 process",
    settings,
  ];
}

const schema = {
  className: "Thing",
  fields: {
    name: { type: "String" },
    kind: { type: "String" },
    country: { type: "String" },
    score: { type: "Number" },
    active: { type: "Boolean" },
    place: { type: "Object" },
    note: { type: "String" },
  },
  indexes: { country: { country: 1 } },
  classLevelPermissions: Object.fromEntries(
    ["find", "get", "create", "update", "delete", "count"].map((act) => [
      act,
      { requiresAuthentication: true },
    ]),
  ),
};

interface Person {
  readonly user: string;
  readonly headers: Record<string, string>;
}

async function signUp(url: string, username: string): Promise<Person> {
  const { objectId, sessionToken } = await callJson<{ objectId: string; sessionToken: string }>(
    `${url}/users`,
    { headers: application, body: { username, password: peerPassword } },
  );
  return { user: objectId, headers: { ...application, "X-Parse-Session-Token": sessionToken } };
}

/** One by one: its batches fail on the version of Node that everything runs on here. */
async function createAll(
  url: string,
  { user, headers }: Person,
  entities: readonly BenchEntity[],
): Promise<string[]> {
  const made = entities.map((entity) =>
    callJson<{ objectId: string }>(`${url}/classes/Thing`, {
      headers,
      body: bodyOf(entity, user),
    }),
  );
  return (await Promise.all(made)).map(({ objectId }) => objectId);
}

function bodyOf(entity: BenchEntity, user: string): object {
  return { ...entity, ACL: { [user]: { read: true, write: true } } };
}
