/**
 * TLS to the database: `sslmode` means what it means to every other client of PostgreSQL, and a
 * certificate that is not the right one is refused before anything is sent.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { StoaError } from "@stoa/domain";
import { type Cluster, createDatabase, query, startCluster } from "../../test/postgres-cluster.ts";
import { selfSigned } from "../../test/self-signed.ts";
import { openPostgres } from "./postgres-engine.ts";

const options = { now: Date.now, onCommit: () => {} };

/** Whether the connections of an engine are encrypted that is opened so; or why it is not. */
async function secured(url: string): Promise<boolean | string> {
  const engine = await openPostgres(url, options).catch((error: unknown) => error);
  if (engine instanceof StoaError) return engine.message;
  assert(!(engine instanceof Error), String(engine));
  try {
    const sql =
      "SELECT bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) " +
      "WHERE a.application_name LIKE 'stoa %' AND a.datname = current_database()";
    const plain = new URL(url);
    plain.search = "";
    return (await query(plain.href, sql)) === "t";
  } finally {
    await (engine as { close(): Promise<void> }).close();
  }
}

describe("a database that speaks TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "stoa-tls-"));
  const own = selfSigned("localhost");
  const [rootOf, strangeRoot] = [join(folder, "own.pem"), join(folder, "strange.pem")];
  let cluster: Cluster;
  let url: URL;

  before(async () => {
    writeFileSync(rootOf, own.cert);
    writeFileSync(strangeRoot, selfSigned("localhost").cert);
    cluster = await startCluster({ tls: own });
    url = new URL((await createDatabase(cluster)).url);
    url.hostname = "localhost";
    url.password = "hunter2";
  });
  after(async () => {
    await cluster?.end();
    rmSync(folder, { recursive: true });
  });

  const urlWith = (mode: string | null, root?: string, host = "localhost") => {
    const asked = new URL(url);
    asked.hostname = host;
    if (mode !== null) asked.searchParams.set("sslmode", mode);
    if (root !== undefined) asked.searchParams.set("sslrootcert", root);
    return asked.href;
  };

  it("is spoken to as the URL says", async () => {
    assert.equal(await secured(urlWith("verify-full", rootOf)), true);
    assert.equal(await secured(urlWith("verify-ca", rootOf)), true);
    assert.equal(await secured(urlWith("require")), true);
    assert.equal(await secured(urlWith("prefer")), true);
    assert.equal(await secured(urlWith("disable")), false);
  });

  it("is not spoken to where it shows the certificate of somebody else", async () => {
    for (const [mode, root, host, why] of [
      ["verify-full", strangeRoot, "localhost", /self-signed certificate/],
      ["verify-ca", strangeRoot, "localhost", /self-signed certificate/],
      ["verify-full", rootOf, "127.0.0.1", /127\.0\.0\.1 is not in the cert/],
    ] as const) {
      const said = await secured(urlWith(mode, root, host));
      assert.match(String(said), why, `${mode} ${host}`);
      assert.match(String(said), /^cannot open the database at .*: /);
      assert.doesNotMatch(String(said), /hunter2/);
    }
    assert.equal(await secured(urlWith("verify-ca", rootOf, "127.0.0.1")), true);
  });
});

describe("a database that speaks no TLS", () => {
  it("is spoken to by those who do not insist on it", async () => {
    const { url, remove } = await createDatabase();
    try {
      assert.equal(await secured(`${url}?sslmode=disable`), false);
      assert.equal(await secured(`${url}?sslmode=prefer`), false);
      assert.match(String(await secured(`${url}?sslmode=require`)), /does not support SSL/);
    } finally {
      await remove();
    }
  });
});
