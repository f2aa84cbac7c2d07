/**
 * The schema of the PostgreSQL engine: what stands in it, how it is made, how an older one is
 * brought forward while other nodes start too. Knows no entity values and no queries.
 */
import { StoaError } from "@stoa/domain";
import type { PostgresConnection } from "./postgres-connection.ts";
import { translated } from "./postgres-error.ts";

/**
 * Makes the schema or brings it forward, one node at a time.
 * Errors: `unavailable` for a PostgreSQL that will not do, for a schema that is not Stoa's, or that
 * a newer Stoa wrote.
 */
export async function migrate(
  connection: PostgresConnection,
  schema: string,
  all: readonly string[] = steps,
): Promise<void> {
  await requireServer(connection);
  await connection.execute("BEGIN");
  try {
    const lock = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))";
    await connection.first(lock, [`stoa ${schema}`]);
    const version = await versionOf(connection, schema);
    if (version > all.length) {
      const text = `schema ${schema} has version ${version}, this Stoa knows ${all.length}`;
      throw new StoaError("unavailable", `${text}: use a newer Stoa`);
    }
    for (const step of all.slice(version)) {
      await connection.execute(step.replaceAll("$schema", schema));
    }
    if (version < all.length) {
      await connection.run("UPDATE head SET version = ?", [all.length]);
    }
    await connection.execute("COMMIT");
  } catch (error) {
    await connection.execute("ROLLBACK").catch(() => {});
    throw refused(error) ?? translated(error);
  }
}

/**
 * The table of a store, and the indexes that every store has. `n` never returns after a drop.
 */
export function storeTable(n: number): string {
  return `
    CREATE TABLE e${n} (
      id text COLLATE "C" NOT NULL, grp integer NOT NULL, own integer NOT NULL,
      acc integer NOT NULL, time double precision NOT NULL, at double precision,
      rev bigint NOT NULL, body text NOT NULL
    ) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05);
    CREATE UNIQUE INDEX e${n}_id ON e${n} (id) INCLUDE (grp, own, acc);
    CREATE INDEX e${n}_grp ON e${n} (grp, id) INCLUDE (own, acc);
    CREATE INDEX e${n}_own ON e${n} (own, id) INCLUDE (grp, acc);
    CREATE INDEX e${n}_acc ON e${n} (acc, id) INCLUDE (grp, own) WHERE acc <> 0`;
}

/** What stands at a schema of Stoa's, and at one that is not yet whole. */
export const ownMark = "Stoa";
export const movingMark = "Stoa, being moved here";

/** Forward migrations; a step that was published never changes. */
export const steps: readonly string[] = [
  `
  CREATE SCHEMA IF NOT EXISTS $schema;
  COMMENT ON SCHEMA $schema IS '${ownMark}';
  -- One row: who writes locks it, and so all transactions that write stand in one order.
  CREATE TABLE head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL,
    sequence bigint NOT NULL, kept bigint NOT NULL, catalog bigint NOT NULL
  ) WITH (fillfactor = 10);
  INSERT INTO head (version, sequence, kept, catalog) VALUES (0, 0, 0, 0);
  -- Rows stay after a drop (name NULL), so that numbers are not used again and changes have names.
  CREATE TABLE store (
    n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" UNIQUE,
    called text COLLATE "C" NOT NULL, definition text NOT NULL, last bigint NOT NULL,
    widest bigint NOT NULL
  ) WITH (fillfactor = 50);
  -- Indexes that hold the beginning of some key only, and so cannot give the order.
  CREATE TABLE inexact (name text PRIMARY KEY);
  CREATE TABLE group_id (
    n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE
  );
  CREATE TABLE owner_id (
    n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE
  );
  CREATE TABLE access_set (
    n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hash bytea NOT NULL UNIQUE,
    ids text NOT NULL
  );
  CREATE TABLE access_member (n integer, principal text COLLATE "C", PRIMARY KEY (principal, n));
  CREATE TABLE tally (
    store integer, grp integer, count bigint NOT NULL, PRIMARY KEY (store, grp)
  ) WITH (fillfactor = 50);
  CREATE TABLE change (
    seq bigint PRIMARY KEY, op smallint NOT NULL, store integer NOT NULL,
    id text COLLATE "C" NOT NULL, time double precision NOT NULL, by text NOT NULL,
    b_grp integer, b_own integer, b_acc integer, b_time double precision, b_at double precision,
    b_rev bigint, b_body text,
    a_grp integer, a_own integer, a_acc integer, a_time double precision, a_at double precision,
    a_body text
  );
  -- From a version to the one before it leads b_rev; this leads to what is gone. Removal is 2.
  CREATE INDEX change_removed ON change (store, id, seq) WHERE op = 2;
  CREATE TABLE record (
    space text COLLATE "C", name text COLLATE "C", subject text COLLATE "C" NOT NULL,
    value text NOT NULL, expires double precision, PRIMARY KEY (space, name)
  );
  CREATE INDEX record_subject ON record (space, subject);
  CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;

  -- The body as jsonb, which holds no NUL and no half of a surrogate pair: the server refuses them
  -- before they come here, and a body that has one nevertheless is found as if it had U+FFFD.
  CREATE FUNCTION stoa_json(body text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  BEGIN
    IF strpos(body, '\\u') = 0 THEN RETURN body::jsonb; END IF;
    RETURN regexp_replace(
      body, '(?<!\\\\)((\\\\\\\\)*)\\\\u(0000|d[89a-f]..)', '\\1\\\\ufffd', 'gi'
    )::jsonb;
  END $$;

  -- Bytes that sort as values do, the same as orderKey in packages/domain/src/order-key.ts.
  CREATE FUNCTION stoa_key(value jsonb) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  DECLARE
    number double precision;
    bytes bytea;
    key bytea;
    pair record;
  BEGIN
    CASE jsonb_typeof(value)
    WHEN 'string' THEN
      RETURN '\\x02'::bytea || convert_to(value #>> '{}', 'UTF8') || '\\x00'::bytea;
    WHEN 'number' THEN
      number := (value #>> '{}')::double precision;
      bytes := float8send(number);
      IF number >= 0 THEN
        RETURN '\\x01'::bytea || set_byte(bytes, 0, get_byte(bytes, 0) | 128);
      END IF;
      RETURN '\\x01'::bytea || int8send((~('x' || encode(bytes, 'hex'))::bit(64))::bigint);
    WHEN 'boolean' THEN
      RETURN CASE WHEN value = 'true'::jsonb THEN '\\x0501'::bytea ELSE '\\x0500'::bytea END;
    WHEN 'object' THEN
      key := '\\x03';
      FOR pair IN
        SELECT p.key AS name, p.value AS inner_value FROM jsonb_each(value) p
        ORDER BY p.key COLLATE "C"
      LOOP
        key := key || '\\x01'::bytea || convert_to(pair.name, 'UTF8') || '\\x00'::bytea
          || $schema.stoa_key(pair.inner_value);
      END LOOP;
      RETURN key || '\\x00'::bytea;
    WHEN 'array' THEN
      key := '\\x04';
      FOR pair IN
        SELECT a.item FROM jsonb_array_elements(value) WITH ORDINALITY a(item, position)
        ORDER BY a.position
      LOOP
        key := key || '\\x01'::bytea || $schema.stoa_key(pair.item);
      END LOOP;
      RETURN key || '\\x00'::bytea;
    ELSE
      RETURN '\\x00';
    END CASE;
  END $$;

  -- What stands at a path; arrays are not indexed.
  CREATE FUNCTION stoa_field(body text, path text[]) RETURNS jsonb
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  DECLARE
    found jsonb := $schema.stoa_json(body);
    name text;
  BEGIN
    FOREACH name IN ARRAY path LOOP
      found := found -> name;
    END LOOP;
    RETURN found;
  END $$;

  -- The key of what stands at a path, or so much of it as an index can hold.
  CREATE FUNCTION stoa_index(body text, path text[], most integer) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  BEGIN
    RETURN substr($schema.stoa_key($schema.stoa_field(body, path)), 1, most);
  END $$;

  -- The same for a unique index: null where nothing stands, a hash of what is long.
  CREATE FUNCTION stoa_unique(body text, path text[]) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  DECLARE
    key bytea := $schema.stoa_key($schema.stoa_field(body, path));
  BEGIN
    IF key = '\\x00' THEN RETURN NULL; END IF;
    IF length(key) <= 200 THEN RETURN key; END IF;
    RETURN '\\xff'::bytea || sha256(key);
  END $$`,
];

/** How many steps a schema has seen; 0 for one that is not there or empty. */
async function versionOf(connection: PostgresConnection, schema: string): Promise<number> {
  const [tables = 0] =
    (await connection.first<[number]>(
      "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(?::text)",
      [schema],
    )) ?? [];
  if (tables === 0) return 0;
  const comment = "SELECT obj_description(to_regnamespace(?::text), 'pg_namespace')";
  const [mark] = (await connection.first<[string | null]>(comment, [schema])) ?? [];
  if (mark === movingMark) {
    const text = `schema ${schema} holds a move that is not finished: move again, to its end`;
    throw new StoaError("unavailable", text);
  }
  if (mark !== ownMark) {
    const text = `schema ${schema} holds something that is not Stoa's, and is left as it is`;
    throw new StoaError("unavailable", `${text}; name another one by ?schema=`);
  }
  return (await connection.first<[number]>("SELECT version FROM head"))?.[0] ?? 0;
}

async function requireServer(connection: PostgresConnection): Promise<void> {
  const sql =
    "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding')";
  const [version = 0, encoding = ""] = (await connection.first<[number, string]>(sql)) ?? [];
  if (version < versionMin) {
    const text = `PostgreSQL ${Math.floor(version / 10_000)} is too old: Stoa needs 15 or newer`;
    throw new StoaError("unavailable", text);
  }
  if (encoding !== "UTF8") {
    throw new StoaError("unavailable", `the database is in ${encoding}: Stoa needs one in UTF8`);
  }
}

/** Words for what the user of the database may not do. */
function refused(error: unknown): StoaError | undefined {
  if ((error as { code?: unknown } | null)?.code !== "42501") return undefined;
  const message = "the database user may not make the schema of Stoa, or not read it";
  return new StoaError("unavailable", message, { cause: error });
}

const versionMin = 150_000;
