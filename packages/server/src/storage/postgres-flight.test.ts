/**
 * Transactions that say what the log must be: they come about where it is, and come to nothing
 * where it is not, also where it only looks so.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { draft, id, insert, mark, store } from "../../test/engine-world.ts";
import { newSchema } from "../../test/postgres-schemas.ts";
import { parseAddress } from "./postgres-address.ts";
import { PostgresBatch } from "./postgres-batch.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { PostgresDictionary } from "./postgres-dictionary.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";
import { isOutrun, sendFlight } from "./postgres-flight.ts";
import { type PostgresState, readHead, readState } from "./postgres-state.ts";
import { PostgresTransaction } from "./postgres-transaction.ts";

describe("a transaction that says what the log must be", () => {
  let other: PostgresEngine;
  let connection: PostgresConnection;
  const dictionary = new PostgresDictionary();
  let count = 0;

  before(async () => {
    const { url } = await newSchema();
    other = await openPostgres(url, { now: Date.now, onCommit: () => {} });
    await other.transact((tx) => tx.define(store("cities")));
    await insert(other, "cities", draft(1));
    connection = await PostgresConnection.open(parseAddress(url), "writer");
    // So that everything has its number.
    await dictionary.give(connection, [draft(1)]);
  });
  after(async () => {
    await connection.close();
    await other.close();
  });

  const present = async () => readState(connection, dictionary, await readHead(connection));

  /** An insert upon a state. Gives what it leaves. */
  async function send(n: number, before: PostgresState, behind: string | null) {
    const options = { connection: undefined, dictionary, state: before, now: Date.now };
    const batch = new PostgresBatch({ ...options, isCareful: false });
    const tx = new PostgresTransaction(batch);
    await tx.insert("cities", draft(n), mark);
    await tx.settle();
    const name = `${++count}`;
    const notifySql = "pg_notify('nobody', '')";
    const done = sendFlight(batch, { connection, before, name, behind, notifySql });
    done.catch(() => {});
    return { done, name, state: batch.state(before.keptSince) };
  }

  it("is committed where it is, and lets another follow at once", async () => {
    const one = await send(2, await present(), null);
    const two = await send(3, one.state, one.name);
    await Promise.all([one.done, two.done]);
    await other.follow();
    assert.equal(other.sequence, 3);
    assert.ok(await other.read("cities", id(3)));
  });

  it("comes to nothing where another node was quicker", async () => {
    const state = await present();
    await insert(other, "cities", draft(4));
    const one = await send(5, state, null);
    await assert.rejects(one.done, isOutrun);
    assert.equal(await other.read("cities", id(5)), undefined);
  });

  it("takes those behind it along where it fails, whatever the numbers are then", async () => {
    const one = await send(1, await present(), null);
    await assert.rejects(one.done, { code: "23505" });
    // The number that it would have given is given by another.
    await insert(other, "cities", draft(6));
    assert.equal((await present()).sequence, one.state.sequence);
    const two = await send(7, one.state, one.name);
    await assert.rejects(two.done, isOutrun);
    assert.equal(await other.read("cities", id(7)), undefined);
    // Nothing else is what stops it.
    const three = await send(7, one.state, null);
    await three.done;
    assert.ok(await other.read("cities", id(7)));
  });
});
