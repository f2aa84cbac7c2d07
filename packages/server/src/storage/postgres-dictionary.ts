/**
 * Small numbers for the ids of groups and owners and for sets of grants, so that rows and indexes
 * stay narrow; and rows as entities, whose numbers it looks up. One for each node.
 */
import { createHash } from "node:crypto";
import { StoaError, type StoredEntity } from "@stoa/domain";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import { type Reach, Reaches } from "./sql-reach.ts";
import type { Numbers, Row } from "./sql-row.ts";

type Head = Pick<StoredEntity, "group" | "owner" | "access">;

export class PostgresDictionary {
  readonly #groups = new Map<string, number>();
  readonly #groupIds = new Map<number, string>();
  #groupMax = 0;
  readonly #owners = new Map<string, number>();
  readonly #ownerIds = new Map<number, string>();
  readonly #accesses = new Map<string, number>();
  readonly #accessIds = new Map<number, readonly string[]>();
  #reaches = new Reaches();
  /** Takes back what was learned from a transaction that is still open. */
  readonly #takeBack: (() => void)[] = [];

  groupNumber(id: string): number | undefined {
    return this.#groups.get(id);
  }

  /** Ids and numbers of all groups that are known. */
  groups(): Iterable<readonly [id: string, n: number]> {
    return this.#groups;
  }

  /** Learns the groups that have numbers by now. */
  async loadGroups(connection: PostgresConnection): Promise<void> {
    const rows = await connection.all<[number, string]>("SELECT n, id FROM group_id");
    for (const [n, id] of rows) this.#learnGroup(n, id);
  }

  /** The numbers of the groups, and one byte for each number: 1 where it is among them. */
  reach(groups: ReadonlySet<string>): Reach {
    return this.#reaches.of(groups, this.#groups, this.#groupMax + 1);
  }

  /** Rows as entities, in their order. */
  async entitiesOf(connection: PostgresConnection, rows: readonly Row[]): Promise<StoredEntity[]> {
    const heads = rows.map(([, group, owner, access]) => ({ group, owner, access }));
    await this.learn(connection, heads);
    return rows.map((row) => this.entityOf(row));
  }

  /** Of a row whose numbers were learned just before. */
  entityOf([id, group, owner, access, time, at, revision, body]: Row): StoredEntity {
    return {
      id,
      owner: this.#ownerIds.get(owner) ?? missing("owner", owner),
      group: this.#groupIds.get(group) ?? missing("group", group),
      access: access === 0 ? noIds : (this.#accessIds.get(access) ?? missing("access", access)),
      time,
      at,
      revision,
      body,
    };
  }

  /** When it resolves all these numbers are known, until something else is awaited. */
  async learn(connection: PostgresConnection, numbers: Iterable<Numbers>): Promise<void> {
    const all = [...numbers];
    for (let tries = 0; ; tries++) {
      const owners = unknown(all, ({ owner }) => owner, this.#ownerIds);
      const accesses = unknown(all, ({ access }) => access, this.#accessIds);
      const groups = unknown(all, ({ group }) => group, this.#groupIds);
      if (owners.length + accesses.length + groups.length === 0) return;
      if (tries === 3) missing("numbers", owners[0] ?? accesses[0] ?? groups[0] ?? 0);
      // A full one is emptied first, and then lacks more of these.
      if (makeRoom(this.#ownerIds, owners) || makeRoom(this.#accessIds, accesses)) continue;
      await Promise.all([
        groups.length > 0 && this.loadGroups(connection),
        owners.length > 0 && this.#readOwners(connection, owners),
        accesses.length > 0 && this.#readAccesses(connection, accesses),
      ]);
    }
  }

  /** Whether all of them have numbers, until something else is awaited. */
  knows(heads: readonly Head[]): boolean {
    return heads.every(
      ({ group, owner, access }) =>
        this.#groups.has(group) &&
        this.#owners.has(owner) &&
        (access.length === 0 || this.#accesses.has(JSON.stringify(access))),
    );
  }

  /** Within a transaction: gives numbers to what has none yet. */
  async give(connection: PostgresConnection, heads: readonly Head[]): Promise<void> {
    const sets = heads.map(({ access }) => access).filter((ids) => ids.length > 0);
    const groups = fresh(
      heads.map(({ group }) => group),
      this.#groups,
    );
    const owners = freshWithin(
      heads.map(({ owner }) => owner),
      this.#owners,
    );
    const accesses = freshWithin(
      sets.map((ids) => JSON.stringify(ids)),
      this.#accesses,
    );
    if (groups.length > 0) await this.#giveGroups(connection, groups);
    if (owners.length > 0) await this.#giveOwners(connection, owners);
    if (accesses.length > 0) await this.#giveAccesses(connection, accesses);
  }

  /** Of a head that was given numbers just before. */
  numbersOf({ group, owner, access }: Head): Numbers {
    return {
      group: this.#groups.get(group) ?? missing("group", 0),
      owner: this.#owners.get(owner) ?? missing("owner", 0),
      access:
        access.length === 0
          ? 0
          : (this.#accesses.get(JSON.stringify(access)) ?? missing("access", 0)),
    };
  }

  /** What was given is there to stay. */
  settle(): void {
    this.#takeBack.length = 0;
  }

  /** How many numbers have been given since the last `settle`. */
  get given(): number {
    return this.#takeBack.length;
  }

  /** All but the first of those given are gone, with their transaction or a part of it. */
  revert(first = 0): void {
    for (const takeBack of this.#takeBack.splice(first)) takeBack();
    this.#reaches = new Reaches();
  }

  async #giveGroups(connection: PostgresConnection, ids: readonly string[]): Promise<void> {
    for (const [n, id] of await give(connection, "group_id", ids)) {
      this.#learnGroup(n, id);
      this.#takeBack.push(() => {
        this.#groups.delete(id);
        this.#groupIds.delete(n);
      });
    }
  }

  async #giveOwners(connection: PostgresConnection, ids: readonly string[]): Promise<void> {
    for (const [n, id] of await give(connection, "owner_id", ids)) {
      this.#owners.set(id, n);
      this.#takeBack.push(() => this.#owners.delete(id));
    }
  }

  async #giveAccesses(connection: PostgresConnection, texts: readonly string[]): Promise<void> {
    const hashes = texts.map((text) => createHash("sha256").update(text).digest("hex"));
    const sql =
      "WITH given AS (INSERT INTO access_set (hash, ids) " +
      "SELECT decode(u.hash, 'hex'), u.ids FROM unnest(?::text[], ?::text[]) u(hash, ids) " +
      "ON CONFLICT DO NOTHING RETURNING n, ids), members AS (INSERT INTO access_member " +
      "SELECT DISTINCT g.n, m.id FROM given g, " +
      "jsonb_array_elements_text(g.ids::jsonb) m(id)) " +
      "SELECT n, ids FROM given UNION ALL SELECT n, ids FROM access_set " +
      "WHERE hash IN (SELECT decode(h, 'hex') FROM unnest(?::text[]) h)";
    const values = [arrayText(hashes), arrayText(texts), arrayText(hashes)];
    for (const [n, ids] of await connection.all<[number, string]>(sql, values)) {
      this.#accesses.set(ids, n);
      this.#takeBack.push(() => this.#accesses.delete(ids));
    }
  }

  async #readOwners(connection: PostgresConnection, numbers: readonly number[]): Promise<void> {
    const sql = "SELECT n, id FROM owner_id WHERE n = ANY(?::integer[])";
    for (const [n, id] of await connection.all<[number, string]>(sql, [arrayText(numbers)])) {
      this.#ownerIds.set(n, id);
    }
  }

  async #readAccesses(connection: PostgresConnection, numbers: readonly number[]): Promise<void> {
    const sql = "SELECT n, ids FROM access_set WHERE n = ANY(?::integer[])";
    for (const [n, ids] of await connection.all<[number, string]>(sql, [arrayText(numbers)])) {
      this.#accessIds.set(n, JSON.parse(ids) as readonly string[]);
    }
  }

  #learnGroup(n: number, id: string): void {
    this.#groups.set(id, n);
    this.#groupIds.set(n, id);
    this.#groupMax = Math.max(this.#groupMax, n);
  }
}

/** Numbers of ids, given now to those that have none. */
function give(
  connection: PostgresConnection,
  table: "group_id" | "owner_id",
  ids: readonly string[],
): Promise<readonly [number, string][]> {
  const sql =
    `WITH given AS (INSERT INTO ${table} (id) SELECT * FROM unnest(?::text[]) ` +
    "ON CONFLICT DO NOTHING RETURNING n, id) " +
    `SELECT n, id FROM given UNION ALL SELECT n, id FROM ${table} WHERE id = ANY(?::text[])`;
  const list = arrayText(ids);
  return connection.all<[number, string]>(sql, [list, list]);
}

function fresh(ids: readonly string[], known: ReadonlyMap<string, number>): string[] {
  return [...new Set(ids)].filter((id) => !known.has(id));
}

/** The same, where a full map is emptied first, and then lacks more of them. */
function freshWithin(ids: readonly string[], known: Map<string, number>): string[] {
  const some = fresh(ids, known);
  if (some.length === 0 || known.size + some.length <= keptMax) return some;
  known.clear();
  return fresh(ids, known);
}

function unknown(
  all: readonly Numbers[],
  number: (numbers: Numbers) => number,
  known: ReadonlyMap<number, unknown>,
): number[] {
  const missing = new Set<number>();
  for (const one of all) {
    const n = number(one);
    if (n !== 0 && !known.has(n)) missing.add(n);
  }
  return [...missing];
}

/** Whether it was emptied. */
function makeRoom(known: Map<number, unknown>, more: readonly number[]): boolean {
  if (more.length === 0 || known.size === 0 || known.size + more.length <= keptMax) return false;
  known.clear();
  return true;
}

function missing(what: string, n: number): never {
  throw new StoaError("internal", `the database names ${what} ${n}, which it does not hold`);
}

const noIds: readonly string[] = [];
/** Owners and access sets remembered. */
const keptMax = 50_000;
