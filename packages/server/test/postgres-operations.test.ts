/**
 * A server over PostgreSQL as those who run it meet it: statements that take too long, the size of
 * its database, and how that is copied.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { observer } from "../src/app/observe.ts";
import { startStoa } from "../src/app/wire.ts";
import { query } from "./postgres-cluster.ts";
import { newSchema } from "./postgres-schemas.ts";

const password = "correct horse";
const schema = await newSchema();
const stoa = await startStoa({
  ...{ host: "127.0.0.1", port: 0, data: schema.url, queryMsMax: 300 },
  ...{ adminLogin: "admin", adminPassword: password },
  ...observer({ level: "silent" }),
});
after(() => stoa.close());

const name = new URL(schema.url).searchParams.get("schema");
const plainUrl = schema.url.replace(/\?.*/, "");
let token = "";
const signedIn = await ask("POST", "/api/v1/auth/token", { login: "admin", password });
token = signedIn.body.token;
const city = await ask("POST", "/api/v1/stores", { name: "cities" }).then(() =>
  ask("POST", "/api/v1/cities", { name: "Delft" }),
);
const lamp = await ask("POST", "/rest/v1/reference/extobjs", { type: "lamp", value: 1 });

async function ask(method: string, path: string, sent?: object) {
  const response = await fetch(stoa.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(sent && { body: JSON.stringify(sent) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  const body: any = await response.json();
  return { status: response.status, headers: response.headers, body };
}

/** Keeps everybody out of the entities of a store, as an operator may who changes its table. */
async function locked<T>(store: string, work: () => Promise<T>): Promise<T> {
  const n = await query(plainUrl, `SELECT n FROM ${name}.store WHERE name = '${store}'`);
  const client = new pg.Client({ connectionString: plainUrl });
  await client.connect();
  try {
    await client.query(`BEGIN; LOCK TABLE ${name}.e${n} IN ACCESS EXCLUSIVE MODE`);
    return await work();
  } finally {
    await client.end();
  }
}

/** The connections of the server, each by the process that serves it. */
const connections = () =>
  query(
    plainUrl,
    "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity " +
      "WHERE application_name LIKE 'stoa %' AND datname = current_database()",
  );

const [cityPath, lampPath] = [
  `/api/v1/cities/${city.body._id}`,
  `/rest/v1/reference/extobjs/${lamp.body.id}`,
];
const filter = encodeURIComponent('["like",["property","value"],"*"]');

test("what takes too long ends as each API says it, and the next request is answered", async () => {
  const list = "/api/v1/cities?where.name=Delft&sortBy=name";
  const objects = `/rest/v1/reference/extobjs?filter=${filter}`;
  const asked = [list, `${list.split("&")[0]}&meta=count`, cityPath];
  for (const path of [...asked, objects, lampPath])
    assert.equal((await ask("GET", path)).status, 200);
  const before = await connections();
  await locked("cities", async () => {
    for (const path of asked) {
      const { status, body } = await ask("GET", path);
      assert.deepEqual([status, body.tags], [503, ["error_timeout"]], path);
    }
    // Others are answered meanwhile.
    assert.equal((await ask("GET", lampPath)).status, 200);
    assert.equal((await ask("POST", "/rest/v1/reference/extobjs", { type: "b" })).status, 200);
  });
  await locked("extobjs", async () => {
    for (const path of [objects, lampPath]) {
      const { status, body } = await ask("GET", path);
      assert.deepEqual([status, body.error_code], [504, 1414], path);
    }
  });
  for (const path of [...asked, objects, lampPath])
    assert.equal((await ask("GET", path)).status, 200);
  assert.equal(await connections(), before);
});

test("statistics tell how large the database is", async () => {
  const bytes = async () => {
    const { body } = await ask("GET", "/api/v1/statistics");
    assert.equal(body.database.engine, "postgres");
    return body.database.bytes as number;
  };
  const before = await bytes();
  assert(before > 100_000, String(before));
  const entity = { text: Array.from({ length: 20_000 }, (_, at) => at * at).join(" ") };
  await ask("POST", "/api/v1/cities", Array(5).fill(entity));
  assert((await bytes()) > before + 50_000);
});

test("who asks for a copy of the database is told how that is made", async () => {
  for (const method of ["GET", "POST"]) {
    const { status, body } = await ask(method, "/api/v1/backups");
    assert.equal(status, 503);
    assert.match(body.helper.message, /pg_dump/);
  }
});
