/**
 * A real server with a small world in it, and rows that say what each request must answer. Knows no
 * part of the server but its wiring.
 */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { observer } from "../src/app/observe.ts";
import { startStoa } from "../src/app/wire.ts";
import type { LogRetention } from "../src/storage/engine.ts";
import { closeSockets, sendBySocket, socketTally } from "./api-table-socket.ts";
import { newSchema } from "./postgres-schemas.ts";

/** People of the world: role, and tenant where it is not the root. */
const people = {
  ada: { role: "member", group: "north" },
  rita: { role: "reader", group: "north" },
  nora: { role: "nothing", group: "north" },
  bob: { role: "member", group: "south" },
} as const;

export type Who = "admin" | keyof typeof people;

export interface Sent {
  /** By a sign-in token; absent for nobody. */
  readonly as?: Who;
  readonly method?: string;
  /** `{delft}` stands for the id of the entity that is called so. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Texts and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly isOverSocket?: boolean;
  /** The value of the text; undefined if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly json: any;
}

export interface Row extends Sent {
  readonly name: string;
  readonly status: number;
  /** What the answer must hold at least; `{delft}` in texts as in `url`. */
  readonly json?: unknown;
  /** The whole text. */
  readonly text?: string;
  /** Headers that must be so; null for those that must not be there. */
  readonly answers?: Readonly<Record<string, string | RegExp | null>>;
  /** Words that must not stand in the text. */
  readonly absent?: readonly string[];
  /** How many changes it makes; those of tokens and sessions do not count. */
  readonly changes?: number;
}

export interface World {
  readonly url: string;
  /** Ids by the names of what was made. */
  readonly ids: Readonly<Record<string, string>>;
  /** Unix milliseconds, the server's clock; tests move it. */
  clock: number;
  send(sent: Sent): Promise<Answer>;
  /** The sign-in token of somebody. */
  tokenOf(who: Who): string;
  /** How many changes there are so far. */
  changes(): Promise<number>;
  close(): Promise<void>;
}

export const password = "correct horse";

/** Makes a test of each row; they run in order, in one world. */
export function testRows(world: World, rows: readonly Row[]): void {
  for (const row of rows) {
    test(row.name, async () => {
      const before = row.changes === undefined ? 0 : await world.changes();
      const answer = await world.send(row);
      check(world, row, answer);
      if (row.changes === undefined) return;
      assert.equal((await world.changes()) - before, row.changes, "changes");
    });
  }
}

function check(world: World, row: Row, answer: Answer): void {
  assert.equal(answer.status, row.status, answer.text);
  if (row.text !== undefined) assert.equal(answer.text, filled(world, row.text));
  if (row.json !== undefined) {
    const expected = JSON.parse(filled(world, JSON.stringify(row.json)));
    assert.partialDeepStrictEqual(answer.json, expected);
  }
  for (const [name, value] of Object.entries(row.answers ?? {})) {
    // A call has no other headers to check.
    if (answer.isOverSocket && name !== "etag") continue;
    const header = answer.headers[name];
    if (value === null) assert.equal(header, undefined, name);
    else if (typeof value === "string") assert.equal(header, value, name);
    else assert.match(String(header), value, name);
  }
  for (const word of row.absent ?? []) {
    assert.ok(!answer.text.includes(filled(world, word)), `${word} stands in ${answer.text}`);
  }
}

/** `{delft}` replaced by an id; other braces stay. */
function filled({ ids }: Pick<World, "ids">, text: string): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole);
}

export interface WorldOptions {
  readonly corsOrigins?: readonly string[];
  readonly trustedProxies?: readonly string[];
  readonly metricsToken?: string;
  readonly changeLog?: LogRetention;
}

/**
 * A server with two tenants, their people, a store `cities`, and cities of Ada's (delft, gouda,
 * leiden, one second apart) and of Bob's (lima). It ends with the test file.
 */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const ids: Record<string, string> = {};
  const tokens: Partial<Record<Who, string>> = {};
  const world: World = {
    url: "",
    ids,
    clock: startOfTime,
    send: (sent) => send({ url: stoa.url, ids, tokens }, sent),
    tokenOf: (who) => tokens[who] ?? "",
    changes: async () => {
      const found = await stoa.engine.changes(0, 1_000_000);
      return found.filter(({ store }) => store !== "tokens" && store !== "sessions").length;
    },
    close: () => close(),
  };
  const stoa = await startStoa({
    host: "127.0.0.1",
    port: 0,
    data: await emptyData(),
    adminLogin: "admin",
    adminPassword: password,
    now: () => world.clock,
    version: "1.2.3",
    ...observer({ level: "silent" }),
    ...options,
  });
  const close = once(() => {
    closeSockets();
    return stoa.close();
  });
  after(close);
  tokens.admin = await tokenOf(world, "admin");
  await populate(world, ids, tokens);
  return Object.assign(world, { url: stoa.url });
}

/** In memory, or where a file that runs the rows again says so, in PostgreSQL. */
async function emptyData(): Promise<string> {
  return rowsRunOn.engine === "memory" ? "memory" : (await newSchema()).url;
}

/** What the rows of the files that are read in from now on run on. */
export const rowsRunOn: { engine: "memory" | "postgres" } = { engine: "memory" };

/** 2019-09-01T00:00Z */
export const startOfTime = 1567296000000;

async function tokenOf(world: World, login: Who): Promise<string> {
  const body = { login, password };
  return (await ok(world.send({ method: "POST", url: "/api/v1/auth/token", body }))).token;
}

async function populate(
  world: World,
  ids: Record<string, string>,
  tokens: Partial<Record<Who, string>>,
): Promise<void> {
  const make = async (as: Who, store: string, name: string, body: object) => {
    ids[name] = (await ok(world.send({ as, method: "POST", url: `/api/v1/${store}`, body })))._id;
  };
  const self = await ok(world.send({ as: "admin", url: "/api/v1/auth" }));
  Object.assign(ids, { admin: self.user._id, root: self.user.group });
  for (const role of await ok(world.send({ as: "admin", url: "/api/v1/roles" }))) {
    ids[role.name] = role._id;
  }
  await make("admin", "roles", "nothing", { name: "nothing", credentials: [] });
  for (const name of ["north", "south"]) {
    await make("admin", "groups", name, { name, parent: ids.root });
  }
  for (const [login, { role, group }] of Object.entries(people)) {
    const body = { login, password, name: login, role: ids[role], group: ids[group] };
    await make("admin", "users", login, body);
    tokens[login as Who] = await tokenOf(world, login as Who);
  }
  await make("admin", "stores", "cities", { name: "cities" });
  for (const [name, value] of [
    ["delft", 10],
    ["gouda", 20],
    ["leiden", 30],
  ] as const) {
    world.clock += 1_000;
    await make("ada", "cities", name, { name, value, address: { country: "NL", zone: 1 } });
  }
  await make("bob", "cities", "lima", { name: "lima", value: 40 });
}

// biome-ignore lint/suspicious/noExplicitAny: as in Answer
async function ok(answering: Promise<Answer>): Promise<any> {
  const { status, text, json } = await answering;
  assert.equal(status, 200, text);
  return json;
}

/** Over a socket where that is asked for and the row has a call there; else over HTTP. */
async function send(
  world: Pick<World, "url" | "ids"> & { tokens: Partial<Record<Who, string>> },
  sent: Sent & Partial<Row>,
): Promise<Answer> {
  const { as, method = "GET", body, headers } = sent;
  const token = as && world.tokens[as];
  if (!socketTally.isOn || sent.name === undefined) return sendByHttp(world, sent);
  const path = filled(world, sent.url);
  const isText = typeof body === "string" || body instanceof Uint8Array;
  const isValue = body !== undefined && !isText;
  const given = Object.entries(headers ?? {}).map(([name, value]) => {
    return [name.toLowerCase(), filled(world, value)] as const;
  });
  const answer = await sendBySocket(sent.name, {
    url: world.url,
    token: token ?? "",
    method,
    path,
    body: isValue ? JSON.parse(filled(world, JSON.stringify(body))) : plainOf(body),
    headers: Object.fromEntries(given),
  });
  if (!answer) return sendByHttp(world, sent);
  return { ...answer, isOverSocket: true, text: textOf(method, answer.json) };
}

/** What a text says as JSON; bytes and texts that say more or nothing as they are. */
function plainOf(body: unknown): unknown {
  const value = typeof body === "string" ? jsonOf(body) : undefined;
  const isPlain = value && isDeepStrictEqual(jsonOf(JSON.stringify(value)), value);
  return isPlain ? value : body;
}

/** As HTTP lays it out: lists line by line. */
function textOf(method: string, json: unknown): string {
  if (method !== "GET" || !Array.isArray(json)) return JSON.stringify(json);
  const lines = json.map((one) => JSON.stringify(one)).join("\n,\n");
  return lines === "" ? "[\n]\n" : `[\n${lines}\n]\n`;
}

function sendByHttp(
  { url, ids, tokens }: Pick<World, "url" | "ids"> & { tokens: Partial<Record<Who, string>> },
  { as, method = "GET", url: path, headers: given = {}, body }: Sent,
): Promise<Answer> {
  const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const bytes = isRaw ? body : filled({ ids }, JSON.stringify(body));
  const headers = {
    ...(as && { authorization: `Bearer ${tokens[as]}` }),
    ...(!isRaw && { "content-type": "application/json" }),
    ...(bytes !== undefined &&
      !given["transfer-encoding"] && { "content-length": Buffer.byteLength(bytes) }),
    ...Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, filled({ ids }, value)]),
    ),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/`,
      { path: filled({ ids }, path), method, headers, agent: false },
      async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, text, json: jsonOf(text) });
      },
    );
    sent.on("error", reject);
    sent.end(bytes);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
