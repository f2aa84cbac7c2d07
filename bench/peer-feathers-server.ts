/**
 * The server of Feathers, as its own generator would write it. A process of its own; its packages
 * are in the folder that it is given: `node peer-feathers-server.ts FOLDER`.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const load = createRequire(join(process.argv[2] as string, "package.json"));
const { feathers } = load("@feathersjs/feathers");
const { bodyParser, errorHandler, koa, parseAuthentication, rest } = load("@feathersjs/koa");
const { authenticate, AuthenticationService, JWTStrategy } = load("@feathersjs/authentication");
const { hooks: local, LocalStrategy } = load("@feathersjs/authentication-local");
const { KnexService } = load("@feathersjs/knex");

interface Call {
  params: { user: { id: number }; query?: object };
  data: object | object[];
}

const folder = mkdtempSync(join(tmpdir(), "stoa-feathers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGTERM", "disconnect"]) process.on(signal, () => process.exit());

const database = load("knex")({
  client: "better-sqlite3",
  connection: { filename: join(folder, "feathers.db") },
  useNullAsDefault: true,
  pool: { min: 1, max: 1, afterCreate: durable },
});
await makeTables();

const app = koa(feathers());
app.set("authentication", {
  secret: "a secret of the bench",
  entity: "user",
  service: "users",
  authStrategies: ["jwt", "local"],
  jwtOptions: { header: { typ: "access" }, audience: "bench", algorithm: "HS256", expiresIn: "1d" },
  local: { usernameField: "email", passwordField: "password" },
});
app.use(errorHandler());
app.use(parseAuthentication());
app.use(bodyParser({ jsonLimit: "10mb" }));
app.configure(rest());
app.use("users", new KnexService({ Model: database, name: "users" }));
app.use("things", new KnexService({ Model: database, name: "things", multi: ["create"] }));
const authentication = new AuthenticationService(app);
authentication.register("jwt", new JWTStrategy());
authentication.register("local", new LocalStrategy());
app.use("authentication", authentication);
app.service("users").hooks({ before: { create: [local.hashPassword("password")] } });
app.service("things").hooks({
  before: { all: [authenticate("jwt")], find: [narrow], get: [narrow], create: [own] },
});
const server = await app.listen(0, "127.0.0.1");
if (!server.listening) await once(server, "listening");
const { port } = server.address() as AddressInfo;
process.on("message", () => process.send?.({ url: `http://127.0.0.1:${port}` }));

type Connection = { pragma(text: string): void };

function durable(connection: Connection, done: (error: null, connection: Connection) => void) {
  for (const text of ["journal_mode = WAL", "synchronous = FULL"]) connection.pragma(text);
  done(null, connection);
}

async function makeTables(): Promise<void> {
  await database.raw("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password TEXT)");
  await database.raw(
    "CREATE TABLE things (id INTEGER PRIMARY KEY, owner INTEGER, name TEXT, kind TEXT, " +
      "country TEXT, score INTEGER, active INTEGER, lat REAL, lng REAL, note TEXT)",
  );
  await database.raw("CREATE INDEX things_owner ON things (owner)");
  await database.raw("CREATE INDEX things_country ON things (country)");
}

/** To what the caller owns, whatever was asked for. */
async function narrow(call: Call): Promise<void> {
  call.params.query = { ...call.params.query, owner: call.params.user.id };
}

async function own(call: Call): Promise<void> {
  const owner = call.params.user.id;
  const { data } = call;
  call.data = Array.isArray(data) ? data.map((one) => ({ ...one, owner })) : { ...data, owner };
}
