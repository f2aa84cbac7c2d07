/**
 * Where a PostgreSQL database is, as its URL says it. Opens nothing, and never quotes a password.
 */

export interface PostgresAddress {
  /** For the driver: user, password, host, port, database and `sslmode`. */
  readonly connectionString: string;
  /** The same without TLS, where that will do for a server that speaks none. */
  readonly plainString?: string;
  /** The schema that holds everything: several Stoas may share a database. */
  readonly schema: string;
}

/** Whether a data address names PostgreSQL rather than a folder. */
export function isPostgres(data: string): boolean {
  return /^postgres(ql)?:\/\//i.test(data);
}

/**
 * `postgres://user:password@host:5432/database?sslmode=verify-full&schema=stoa`
 * @param schema instead of that of the URL: a copy has the one that it is a copy of.
 */
export function parseAddress(data: string, schema = schemaOf(data)): PostgresAddress {
  const url = new URL(data);
  url.searchParams.delete("schema");
  // Means by `sslmode` what every other client of PostgreSQL means by it.
  if (!url.searchParams.has("uselibpqcompat")) url.searchParams.set("uselibpqcompat", "true");
  const connectionString = url.href;
  if (url.searchParams.get("sslmode") !== "prefer") return { connectionString, schema };
  url.searchParams.set("sslmode", "disable");
  return { connectionString, plainString: url.href, schema };
}

function schemaOf(data: string): string {
  return new URL(data).searchParams.get("schema") ?? "stoa";
}

/** What is wrong with such a URL, without its words; undefined for a good one. */
export function addressMistake(data: string): string | undefined {
  if (!URL.canParse(data)) {
    return "this is no URL, as postgres://user:password@host:5432/database is";
  }
  const { searchParams } = new URL(data);
  const schema = searchParams.get("schema");
  if (schema !== null && !(/^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith("pg_"))) {
    return "schema= takes a name of a-z, 0-9 and _, not PostgreSQL's own, of at most 63 characters";
  }
  const mode = searchParams.get("sslmode");
  if (mode === null || sslModes.includes(mode)) return undefined;
  return `sslmode= takes one of ${sslModes.join(", ")}`;
}

const sslModes: readonly string[] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
