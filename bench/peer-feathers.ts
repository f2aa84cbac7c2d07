/**
 * Feathers 5 with its SQLite adapter as one of the systems of the bench of peers: who signs in,
 * what is asked for, and the settings that `peer-feathers-server.ts` runs with.
 */
import type { BenchEntity } from "./entity-source.ts";
import { callJson, type Peer, partsOf, peerPassword } from "./peer.ts";
import { installPackages } from "./peer-install.ts";
import { startPartner } from "./process.ts";

const feathers = "5.0.50";
const packages = {
  "@feathersjs/feathers": feathers,
  "@feathersjs/koa": feathers,
  "@feathersjs/knex": feathers,
  "@feathersjs/authentication": feathers,
  "@feathersjs/authentication-local": feathers,
  knex: "3.3.0",
  "better-sqlite3": "13.2.0",
} as const;

/** Errors: PeerMissing. */
export async function openFeathers(entities: readonly BenchEntity[]): Promise<Peer> {
  const folder = await installPackages("feathers", packages);
  const server = startPartner("peer-feathers-server.ts", [folder]);
  const { url } = await server.ask<{ url: string }>({}, 60_000);
  const people = [await signUp(url, "ada@example.org"), await signUp(url, "ben@example.org")];
  const ids: string[] = [];
  for (const [at, part] of partsOf(entities, 50).entries()) {
    const headers = people[at % 2] as Record<string, string>;
    const made = await callJson<{ id: number }[]>(`${url}/things`, {
      headers,
      body: part.map(bodyOf),
    });
    if (at % 2 === 0) for (const { id } of made) ids.push(String(id));
  }
  return {
    name: "Feathers on SQLite",
    settings: [
      `Feathers ${feathers} on Koa, @feathersjs/knex, better-sqlite3 13.2.0 (its own build)`,
      "JWT and local authentication; a hook narrows each call to the caller's own by an index",
      "WAL, synchronous=FULL, a pool of 1, no pagination counts, no schema",
      "pages by $skip, 1 process",
    ],
    url,
    headers: people[0] as Record<string, string>,
    paths: {
      store: "/things",
      get: (id) => `/things/${id}`,
      list: (limit, skip) => `/things?$limit=${limit}&$skip=${skip}`,
    },
    ids,
    bodyOf,
    end: () => server.end(),
  };
}

async function signUp(url: string, email: string): Promise<Record<string, string>> {
  const account = { email, password: peerPassword };
  await callJson(`${url}/users`, { body: account });
  const { accessToken } = await callJson<{ accessToken: string }>(`${url}/authentication`, {
    body: { strategy: "local", ...account },
  });
  return { Authorization: `Bearer ${accessToken}` };
}

/** Columns hold no objects: the two numbers of the place stand beside the others. */
function bodyOf({ place, ...fields }: BenchEntity): object {
  return { ...fields, active: fields.active ? 1 : 0, ...place };
}
