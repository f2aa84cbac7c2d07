/**
 * One connection to the file, with its dictionary and the functions that SQL calls back. Knows no
 * stores and no transactions.
 */
import {
  entityText,
  entityValue,
  type Filter,
  GroupTree,
  type JsonObject,
  matches,
  orderKey,
  StoaError,
} from "@stoa/domain";
import type { Row } from "./sql-row.ts";
import { type SqliteBounds, sqliteBounds } from "./sqlite-bounds.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { SqliteDictionary } from "./sqlite-dictionary.ts";
import { type Moved, nothingMoved } from "./sqlite-line.ts";
import { entityOf } from "./sqlite-row.ts";
import { openDatabase, type Role } from "./sqlite-schema.ts";
import { wordsText } from "./sqlite-words.ts";

export class SqliteConnection extends SqliteDatabase {
  readonly dictionary: SqliteDictionary;
  bounds: SqliteBounds = sqliteBounds;
  /** The groups as this connection sees them; for the filters that SQL cannot say. */
  tree = new GroupTree();
  /** Those that have moved, as of the same change. */
  moved: Moved = nothingMoved;
  /** What `stoa_matches(0, ...)`, `stoa_matches(1, ...)` mean in the statement that runs. */
  filters: readonly Filter[] = [];
  /** Called for rows of dear statements; throws when it is time to stop. */
  tick: () => void = () => undefined;

  #isReading = false;

  constructor(file: string, role: Role) {
    super(openDatabase(file, role));
    this.dictionary = new SqliteDictionary(this);
    this.#addFunctions();
  }

  /**
   * Keeps one view of the file over many reads, which saves each of them a third of its time. It
   * must end now and then, else the log could not be carried over.
   *
   * @returns whether it begins here: false where there is one.
   */
  beginReading(): boolean {
    if (this.#isReading) return false;
    this.run("BEGIN");
    this.#isReading = true;
    return true;
  }

  /** What is read from now on, until the view ends, is what is committed now, or in its view. */
  holdView(): void {
    this.beginReading();
    // A view begins with what is first read in it.
    this.first("SELECT 1 FROM meta LIMIT 1");
  }

  endReading(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.run("COMMIT");
  }

  /** Takes back what the open transaction did, if there is one. */
  rollBack(): void {
    if (this.database.isTransaction) this.database.exec("ROLLBACK");
    this.dictionary.revert();
    this.dictionary.settle();
  }

  #addFunctions(): void {
    const { database, dictionary } = this;
    database.function("stoa_key", { deterministic: true }, (text) =>
      orderKey(JSON.parse(String(text))),
    );
    database.function("stoa_access", (n) => JSON.stringify(dictionary.accessIds(Number(n))));
    database.function("stoa_branch", (n) => this.tree.branchText(dictionary.groupId(Number(n))));
    database.function("stoa_words", { deterministic: true }, wordsText);
    database.function("stoa_line", { varargs: true }, (...columns) => {
      const entity = entityOf(columns as unknown as Row, dictionary);
      return entityText(entity, this.tree.branchText(entity.group));
    });
    database.function("stoa_tick", (_row) => {
      this.tick();
      return 1;
    });
    database.function("stoa_matches", { varargs: true }, (index, ...columns) => {
      const filter = this.filters[Number(index)];
      if (!filter) throw new StoaError("internal", "a statement ran without its filters");
      return matches(filter, this.#value(columns as unknown as Row)) ? 1 : 0;
    });
  }

  #value(row: Row): JsonObject {
    const entity = entityOf(row, this.dictionary);
    return entityValue(entity, this.tree.branchOf(entity.group));
  }
}
