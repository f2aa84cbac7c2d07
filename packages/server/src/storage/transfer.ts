/**
 * The port by which everything in one database gets into another: rows as they are kept, with the
 * numbers that stand for ids, so that nothing is decided or made anew on the way. The tables have
 * the same names and columns in every SQL engine. Knows no entity's meaning.
 */

/** `[3, "cities", "cities", "{...}", 417, 256]`, in the order of the columns. */
export type TransferRow = readonly (string | number | null)[];

export interface TransferTable {
  /** `"change"`, `"e3"` */
  readonly name: string;
  readonly columns: readonly string[];
  /** How many columns from the left tell a row from all others, and order them. */
  readonly keyColumns: number;
}

export interface TransferHead {
  /** The sequence number of the last change: whoever writes moves it. */
  readonly sequence: number;
  /** Changes up to it may be gone. */
  readonly keptSince: number;
}

/** How far a move has come; kept in the target with what it is about. */
export interface TransferMark {
  /** The address of the source, without passwords. */
  readonly source: string;
  /** The sequence number of the source when the move began. */
  readonly sequence: number;
  /** The table that is being copied, and the key of its last row there. */
  readonly table: string;
  readonly key: TransferRow | null;
}

/** Nobody else writes to it as long as it is open. */
export interface TransferSource {
  /** Where it is, without passwords: `"/var/lib/stoa"`. */
  readonly address: string;
  head(): Promise<TransferHead>;
  count(table: TransferTable): Promise<number>;
  /** Rows behind a key, in order, as many as fit into memory with ease; none at the end. */
  rows(table: TransferTable, after: TransferRow | null): Promise<readonly TransferRow[]>;
  close(): Promise<void>;
}

export interface TransferOptions {
  /** Throws away what an unfinished move has left. */
  readonly anew: boolean;
}

/** Not to be opened by a server before it is finished. */
export interface TransferTarget extends TransferSource {
  /** Of an unfinished move; null where nothing was begun. */
  readonly mark: TransferMark | null;
  /** Whether an earlier move was all but named finished, which opening it has done. */
  readonly isDone: boolean;
  begin(mark: TransferMark): Promise<void>;
  /** Keeps rows and mark together. Rows of `store` make the tables of their entities. */
  write(table: TransferTable, rows: readonly TransferRow[], mark: TransferMark): Promise<void>;
  /** Removes the rows that were copied. */
  empty(table: TransferTable): Promise<void>;
  /** Builds what entities are found by; takes long. Changes up to `keptSince` go. */
  build(head: TransferHead): Promise<void>;
  /** From here on it is a database like any other. Closes it. */
  finish(head: TransferHead): Promise<void>;
}

export const storeTransfer: TransferTable = {
  name: "store",
  columns: ["n", "name", "called", "definition", "last", "widest"],
  keyColumns: 1,
};

export const accessTransfer: TransferTable = {
  name: "access_set",
  columns: ["n", "ids"],
  keyColumns: 1,
};

const changeTransfer: TransferTable = {
  name: "change",
  columns: [
    ...["seq", "op", "store", "id", "time", "by"],
    ...["b_grp", "b_own", "b_acc", "b_time", "b_at", "b_rev", "b_body"],
    ...["a_grp", "a_own", "a_acc", "a_time", "a_at", "a_body"],
  ],
  keyColumns: 1,
};

/** Secrets' hashes and the like; they change without a change in the log. */
export const recordTransfer: TransferTable = {
  name: "record",
  columns: ["space", "name", "subject", "value", "expires"],
  keyColumns: 2,
};

/**
 * Every table of a database with these rows of `store`, in the order in which they are copied: the
 * groups before what is in them, so that a target knows the branches.
 */
export function transferTables(stores: readonly TransferRow[]): readonly TransferTable[] {
  const isGroups = ([, name]: TransferRow) => name === "groups";
  const living = stores
    .filter(isLiving)
    .toSorted((a, b) => Number(isGroups(b)) - Number(isGroups(a)));
  return [
    storeTransfer,
    { name: "group_id", columns: ["n", "id"], keyColumns: 1 },
    { name: "owner_id", columns: ["n", "id"], keyColumns: 1 },
    accessTransfer,
    ...living.map(([n]) => entityTransfer(Number(n))),
    { name: "tally", columns: ["store", "grp", "count"], keyColumns: 2 },
    changeTransfer,
    recordTransfer,
  ];
}

/** What a store holds; its columns are those of an entity's row. */
function entityTransfer(n: number): TransferTable {
  return { name: `e${n}`, columns: entityColumns, keyColumns: 1 };
}

export function isEntityTransfer({ columns }: TransferTable): boolean {
  return columns === entityColumns;
}

/** Whether a row of `store` is one that was not dropped. */
export function isLiving([, name]: TransferRow): boolean {
  return name !== null;
}

const entityColumns = ["id", "grp", "own", "acc", "time", "at", "rev", "body"];

/** `SELECT n, id FROM group_id WHERE n > ? ORDER BY n`; without the condition from the front. */
export function selectSql(table: TransferTable, isFromFront: boolean): string {
  const { name, columns, keyColumns } = table;
  const keys = columns.slice(0, keyColumns).join(", ");
  const marks = Array.from({ length: keyColumns }, () => "?").join(", ");
  const where = isFromFront ? "" : ` WHERE (${keys}) > (${marks})`;
  return `SELECT ${columns.join(", ")} FROM ${name}${where} ORDER BY ${keys}`;
}

/** What rows need in memory, about. */
export function rowSize(row: TransferRow): number {
  return row.reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 8),
    0,
  );
}

/** Rows that are read and written at once, and their characters, but for one row that has more. */
export const transferRowsMax = 1_000;
export const transferCharactersMax = 4 * 1024 * 1024;
