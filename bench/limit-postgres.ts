/**
 * The limit of PostgreSQL: the driver alone, with the statements that the work needs and nothing
 * around them, over a copy of the same database. A process of its own; uses of Stoa only the way
 * connections are opened, so that settings are the same. `node limit-postgres.ts DATABASE_URL`.
 */
import { parseAddress } from "../packages/server/src/storage/postgres-address.ts";
import {
  arrayText,
  PostgresConnection,
  type Role,
} from "../packages/server/src/storage/postgres-connection.ts";
import { entityOf, pick, randomOf } from "./entity-source.ts";

export interface DriverTask {
  readonly work: "get" | "list" | "insert";
  readonly seconds: number;
  /** Questions that wait at a time. */
  readonly atOnce: number;
  /** How many of them go by one statement, or into one commit. */
  readonly together: number;
  readonly ids: readonly string[];
}

export interface DriverResult {
  readonly perSecond: number;
}

/** As many as a node has for them. */
const readersMax = 2;
const url = process.argv[2] as string;
const address = parseAddress(url);
const opened = async (role: Role) => (await PostgresConnection.open(address, role)).client;
const readers = await Promise.all(Array.from({ length: readersMax }, () => opened("reader")));
const writer = await opened("writer");
const [table] = (await writer.query("SELECT n FROM store WHERE name = 'bench'")).rows;
const n = Number(table.n);
const random = randomOf(Date.now());
const some = await writer.query(`SELECT grp, own FROM e${n} LIMIT 1`);
const { grp: group, own: owner } = some.rows[0] as { grp: number; own: number };
const columns = "id, grp, own, acc, time, at, rev, body";
let made = 0;
process.on("disconnect", () => process.exit());

process.on("message", async (task: DriverTask) => {
  await run(task, 500);
  process.send?.({ perSecond: await run(task, task.seconds * 1_000) });
});

/** How many operations a second were done. */
async function run(task: DriverTask, ms: number): Promise<number> {
  const start = performance.now();
  const end = start + ms;
  let operations = 0;
  const step = stepOf(task);
  const work = async (line: number) => {
    while (performance.now() < end) {
      const count = await step(line);
      operations += count;
    }
  };
  // Commits follow each other: there is one row to lock.
  const lines = task.work === "insert" ? 1 : task.atOnce / task.together;
  await Promise.all(Array.from({ length: lines }, (_, at) => work(at)));
  return operations / ((performance.now() - start) / 1_000);
}

function stepOf({ work, ids, together }: DriverTask): (line: number) => Promise<number> {
  switch (work) {
    case "get": {
      const isOne = together === 1;
      const condition = isOne ? "id = $1" : "id = ANY($1::text[])";
      const text = `SELECT ${columns} FROM e${n} WHERE ${condition}`;
      const name = `get ${isOne}`;
      const some = () => Array.from({ length: together }, () => pick(ids, random));
      const chosen = () => (isOne ? pick(ids, random) : arrayText(some()));
      return (line) => read(line, { name, text, values: [chosen()] }, together);
    }
    case "list": {
      const text = `SELECT ${columns} FROM e${n} WHERE id > $1 ORDER BY id LIMIT 100`;
      return (line) => read(line, { name: "list", text, values: [pick(ids, random)] }, 1);
    }
    case "insert":
      return () => insert(together);
    default:
      return work satisfies never;
  }
}

interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

async function read(line: number, query: Prepared, count: number): Promise<number> {
  const reader = readers[line % readersMax] as typeof writer;
  const { rows } = await reader.query({ ...query, rowMode: "array" });
  if (rows.length === 0) throw new Error(`no rows: ${query.text}`);
  return count;
}

/** What one commit of a node is, all but its first answer sent at once. */
async function insert(count: number): Promise<number> {
  const time = Date.now();
  const second = Math.floor(time / 1_000).toString(16);
  const bodies = Array.from({ length: count }, () => JSON.stringify(entityOf(random)));
  const ids = bodies.map(() => `${second}0123456789${(made++).toString(16).padStart(6, "0")}`);
  const [, head] = await Promise.all([writer.query("BEGIN"), send("lock", lockSql, [])]);
  const before = Number((head.rows[0] as unknown as [string, string])[1]);
  const sequences = bodies.map((_, at) => before + 1 + at);
  const all = <T>(value: T) => arrayText(Array<T>(count).fill(value) as (number | null)[]);
  const [groups, owners, none, times] = [all(group), all(owner), all(0), all(time)];
  const texts = arrayText(bodies);
  const row = [arrayText(ids), groups, owners, none, times, all(null), arrayText(sequences), texts];
  const change = [arrayText(sequences), arrayText(ids), times, groups, owners, times, texts];
  await Promise.all([
    send("row", rowSql, row),
    send("change", changeSql, change),
    send("tally", "UPDATE tally SET count = count + $1 WHERE store = $2 AND grp = $3", [
      count,
      n,
      group,
    ]),
    send("head", "UPDATE head SET sequence = $1", [before + count]),
    send("last", "UPDATE store SET last = $1 WHERE n = $2", [before + count, n]),
    send("notify", "SELECT pg_notify('stoa_stoa', '')", []),
    writer.query("COMMIT"),
  ]);
  return count;
}

function send(name: string, text: string, values: unknown[]): Promise<{ rows: unknown[] }> {
  return writer.query({ name, text, values, rowMode: "array" });
}

const lockSql = "SELECT pg_current_xact_id()::text, sequence, kept, catalog FROM head FOR UPDATE";
const rowSql =
  `INSERT INTO e${n} (${columns}) SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], ` +
  "$4::integer[], $5::double precision[], $6::double precision[], $7::bigint[], $8::text[])";
const changeSql =
  "INSERT INTO change (seq, op, store, id, time, by, a_grp, a_own, a_acc, a_time, a_body) " +
  `SELECT seq, 0, ${n}, id, time, 'nobody', grp, own, 0, made, body FROM unnest($1::bigint[], ` +
  "$2::text[], $3::double precision[], $4::integer[], $5::integer[], $6::double precision[], " +
  "$7::text[]) u(seq, id, time, grp, own, made, body)";
