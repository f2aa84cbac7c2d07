/**
 * The limit of SQLite: raw loops over a copy of the same file, with the statements that the work
 * needs and nothing around them. A process of its own; uses of Stoa only the connection, so that
 * settings and functions of indexes are the same. `node limit-sqlite.ts FILE`.
 */
import { SqliteConnection } from "../packages/server/src/storage/sqlite-connection.ts";
import { entityOf, pick, randomOf } from "./entity-source.ts";

export interface RawTask {
  readonly work: "get" | "list" | "list10k" | "insert" | "patch";
  readonly seconds: number;
  /** Works that one commit carries: 100 by the bar's own words. */
  readonly perCommit: number;
  /** Ids of entities to read or change; for lists, ids to begin after. */
  readonly ids: readonly string[];
  /** Groups that the caller sees, its user, and all the principals that it is. */
  readonly reach: readonly string[];
  readonly user: string;
  readonly principals: readonly string[];
}

export interface RawResult {
  readonly perSecond: number;
}

const connection = new SqliteConnection(process.argv[2] as string, "writer");
connection.dictionary.loadGroups();
const [n] = connection.first<[number]>("SELECT n FROM store WHERE name = 'bench'") as [number];
const random = randomOf(Date.now());
const columns = "e.id, e.grp, e.own, e.acc, e.time, e.at, e.rev, e.body";
/** As long as that of any other row: the ready text of the system fields. */
const front = connection.first<[string]>(`SELECT front FROM e${n} LIMIT 1`)?.[0] ?? "";
let sequence = connection.first<[number]>("SELECT max(seq) FROM change")?.[0] ?? 0;
let made = 0;
process.on("disconnect", () => process.exit());

process.on("message", (task: RawTask) => {
  const step = stepOf(task);
  for (const warm = performance.now() + 200; performance.now() < warm; ) step();
  let operations = 0;
  const start = performance.now();
  const end = start + task.seconds * 1_000;
  while (performance.now() < end) operations += step();
  process.send?.({ perSecond: operations / ((performance.now() - start) / 1_000) });
});

/** One turn of the loop, which says how many operations it was. */
function stepOf(task: RawTask): () => number {
  switch (task.work) {
    case "get":
      return () => read(`SELECT ${columns} FROM e${n} e WHERE e.id = ?`, [pick(task.ids, random)]);
    case "list":
      return listStep(task);
    case "list10k":
      return () => read(`SELECT ${columns} FROM e${n} e ORDER BY e.id LIMIT 10000`, []);
    case "insert":
      return insertStep(task);
    case "patch":
      return () => inTransaction(task, () => patchOne(pick(task.ids, random), task.user));
    default:
      return task.work satisfies never;
  }
}

function read(sql: string, values: readonly (string | number | Uint8Array)[]): number {
  if (connection.all<unknown[]>(sql, values).length === 0) throw new Error(`no rows: ${sql}`);
  return 1;
}

/** Along the order of ids; the index alone decides visibility. */
function listStep({ reach, user, principals, ids }: RawTask): () => number {
  const { bytes } = connection.dictionary.reach(new Set(reach));
  const owner = connection.dictionary.ownerNumber(user) ?? -1;
  const granted = principals.map(() => "?").join();
  const sql =
    `SELECT ${columns} FROM e${n} e INDEXED BY e${n}_id WHERE e.id > ? AND ` +
    "(substr(?, e.grp + 1, 1) = x'01' OR e.own = ? OR e.acc <> 0 AND EXISTS (SELECT 1 FROM " +
    `access_member m WHERE m.n = e.acc AND +m.principal IN (${granted}))) ORDER BY e.id LIMIT 100`;
  return () => read(sql, [pick(ids, random), bytes, owner, ...principals]);
}

function inTransaction(
  { perCommit }: RawTask,
  write: () => void,
  finish: () => void = () => undefined,
): number {
  connection.run("BEGIN IMMEDIATE");
  for (let count = 0; count < perCommit; count++) write();
  finish();
  connection.run("UPDATE store SET last = ? WHERE n = ?", [sequence, n]);
  connection.run("UPDATE meta SET value = ? WHERE name = 'sequence'", [sequence]);
  connection.run("COMMIT");
  return perCommit;
}

/** With the tallies of the groups, one row for each group in a commit. */
function insertStep(task: RawTask): () => number {
  const { reach, user } = task;
  const groups = reach.map((group) => connection.dictionary.groupNumber(group) as number);
  const owner = connection.dictionary.ownerNumber(user) ?? 1;
  const bodies = Array.from({ length: 1_000 }, () => JSON.stringify(entityOf(random)));
  const tally =
    "INSERT INTO tally (store, grp, count) VALUES (?, ?, ?) " +
    "ON CONFLICT DO UPDATE SET count = count + excluded.count";
  const counts = new Map<number, number>();
  const write = () => {
    const group = pick(groups, random);
    counts.set(group, (counts.get(group) ?? 0) + 1);
    insertOne({ group, owner, body: pick(bodies, random), user });
  };
  const finish = () => {
    for (const [group, count] of counts) connection.run(tally, [n, group, count]);
    counts.clear();
  };
  return () => inTransaction(task, write, finish);
}

interface RawInsert {
  readonly group: number;
  readonly owner: number;
  readonly body: string;
  readonly user: string;
}

function insertOne({ group, owner, body, user }: RawInsert): void {
  sequence++;
  made++;
  const time = Date.now();
  const second = Math.floor(time / 1_000).toString(16);
  const id = `${second}0123456789${made.toString(16).padStart(6, "0")}`;
  const columns = "id, grp, own, acc, time, rev, front, body";
  const row = `INSERT INTO e${n} (${columns}) VALUES (?, ?, ?, 0, ?, ?, ?, ?)`;
  connection.run(row, [id, group, owner, time, sequence, front, body]);
  const change =
    "INSERT INTO change (seq, op, store, id, time, by, a_grp, a_own, a_acc, a_time, a_body) " +
    "VALUES (?, 0, ?, ?, ?, ?, ?, ?, 0, ?, ?)";
  connection.run(change, [sequence, n, id, time, user, group, owner, time, body]);
}

type Old = [
  id: string,
  group: number,
  owner: number,
  access: number,
  time: number,
  at: number | null,
  revision: number,
  body: string,
];

function patchOne(id: string, user: string): void {
  const old = connection.first<Old>(`SELECT ${columns} FROM e${n} e WHERE e.id = ?`, [id]) as Old;
  const [, group, owner, access, time, at, revision, before] = old;
  sequence++;
  const now = Date.now();
  const after = before.replace(/"score":\d+/, `"score":${10_000_000 + sequence}`);
  const row = `UPDATE e${n} SET at = ?, rev = ?, front = ?, body = ? WHERE id = ?`;
  connection.run(row, [now, sequence, front, after, id]);
  connection.run(changeSql, [
    ...[sequence, n, id, now, user, group, owner, access, time, at, revision, before],
    ...[group, owner, access, time, now, after],
  ]);
}

const changeSql =
  "INSERT INTO change (seq, op, store, id, time, by, b_grp, b_own, b_acc, b_time, b_at, b_rev, " +
  "b_body, a_grp, a_own, a_acc, a_time, a_at, a_body) " +
  "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
