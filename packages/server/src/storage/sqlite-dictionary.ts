/**
 * Small numbers for the ids of groups and owners and for sets of grants, so that rows and indexes
 * stay narrow. One for each connection; knows no entities.
 */
import { StoaError } from "@stoa/domain";
import { type Reach, Reaches } from "./sql-reach.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export class SqliteDictionary {
  readonly #database: SqliteDatabase;
  /** All groups: a reach is turned into numbers without asking for each. */
  readonly #groups = new Map<string, number>();
  #groupIds: (string | undefined)[] = [];
  readonly #owners = new Map<string, number>();
  readonly #ownerIds = new Map<number, string>();
  readonly #accesses = new Map<string, number>();
  readonly #accessIds = new Map<number, readonly string[]>();
  #reaches = new Reaches();
  #hasNew = false;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  /** Learns the groups that others have added since. */
  loadGroups(): void {
    const sql = "SELECT n, id FROM group_id WHERE n >= ?";
    for (const [n, id] of this.#database.all<[number, string]>(sql, [this.#groupIds.length])) {
      this.#learnGroup(n, id);
    }
  }

  /** Ids of all groups that have numbers. */
  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  groupNumber(id: string): number | undefined {
    return this.#groups.get(id);
  }

  groupId(n: number): string {
    if (this.#groupIds[n] === undefined) this.loadGroups();
    return this.#groupIds[n] ?? missing("group", n);
  }

  ownerNumber(id: string): number | undefined {
    const known = this.#owners.get(id);
    if (known !== undefined) return known;
    const row = this.#database.first<[number]>("SELECT n FROM owner_id WHERE id = ?", [id]);
    if (row) this.#learnOwner(row[0], id);
    return row?.[0];
  }

  ownerId(n: number): string {
    const known = this.#ownerIds.get(n);
    if (known !== undefined) return known;
    const row = this.#database.first<[string]>("SELECT id FROM owner_id WHERE n = ?", [n]);
    if (!row) return missing("owner", n);
    this.#learnOwner(n, row[0]);
    return row[0];
  }

  /** Sorted ids; 0 is the set of none. */
  accessIds(n: number): readonly string[] {
    if (n === 0) return noIds;
    const known = this.#accessIds.get(n);
    if (known) return known;
    const row = this.#database.first<[string]>("SELECT ids FROM access_set WHERE n = ?", [n]);
    if (!row) return missing("access set", n);
    const ids = JSON.parse(row[0]) as readonly string[];
    if (this.#accessIds.size >= accessSetsKeptMax) this.#accessIds.clear();
    this.#accessIds.set(n, ids);
    return ids;
  }

  /** The numbers of the groups as one byte for each number, `01` where it is in the set. */
  reach(groups: ReadonlySet<string>): Reach {
    return this.#reaches.of(groups, this.#groups, this.#groupIds.length);
  }

  /** The number of a group, given now if it has none. Only for the writer, as the next two. */
  giveGroup(id: string): number {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const n = this.#insert("INSERT INTO group_id (id) VALUES (?) RETURNING n", id);
    this.#learnGroup(n, id);
    return n;
  }

  giveOwner(id: string): number {
    const known = this.ownerNumber(id);
    if (known !== undefined) return known;
    const n = this.#insert("INSERT INTO owner_id (id) VALUES (?) RETURNING n", id);
    this.#learnOwner(n, id);
    return n;
  }

  giveAccess(ids: readonly string[]): number {
    if (ids.length === 0) return 0;
    const text = JSON.stringify(ids);
    const known = this.#accesses.get(text) ?? this.#readAccess(text);
    if (known !== undefined) return known;
    const n = this.#insert("INSERT INTO access_set (ids) VALUES (?) RETURNING n", text);
    for (const id of new Set(ids)) {
      this.#database.run("INSERT INTO access_member (n, principal) VALUES (?, ?)", [n, id]);
    }
    this.#learnAccess(n, text);
    return n;
  }

  /** Numbers given so far are there to stay. */
  settle(): void {
    this.#hasNew = false;
  }

  /** Some numbers given since the last `settle` are gone: looks at the file again. */
  revert(): void {
    if (!this.#hasNew) return;
    for (const map of [this.#owners, this.#ownerIds, this.#accesses, this.#accessIds]) map.clear();
    this.#groups.clear();
    this.#groupIds = [];
    this.#reaches = new Reaches();
    this.loadGroups();
  }

  #insert(sql: string, text: string): number {
    this.#hasNew = true;
    return (this.#database.first<[number]>(sql, [text]) as [number])[0];
  }

  #readAccess(text: string): number | undefined {
    const row = this.#database.first<[number]>("SELECT n FROM access_set WHERE ids = ?", [text]);
    if (row) this.#learnAccess(row[0], text);
    return row?.[0];
  }

  #learnGroup(n: number, id: string): void {
    this.#groups.set(id, n);
    this.#groupIds[n] = id;
  }

  #learnOwner(n: number, id: string): void {
    if (this.#owners.size >= ownersKeptMax) this.#owners.clear();
    if (this.#ownerIds.size >= ownersKeptMax) this.#ownerIds.clear();
    this.#owners.set(id, n);
    this.#ownerIds.set(n, id);
  }

  #learnAccess(n: number, text: string): void {
    if (this.#accesses.size >= accessSetsKeptMax) this.#accesses.clear();
    this.#accesses.set(text, n);
  }
}

function missing(what: string, n: number): never {
  throw new StoaError("internal", `the file names ${what} ${n}, which it does not hold`);
}

const noIds: readonly string[] = [];
const ownersKeptMax = 50_000;
const accessSetsKeptMax = 10_000;
