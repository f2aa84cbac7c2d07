/** Several engines over one file: each hears of every commit, once and in order, and knows it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Change, type StoreDefinition, storeDefinition, systemStore } from "@stoa/domain";
import { until } from "../../test/socket-client.ts";
import type { Commit } from "./engine.ts";
import { SqliteEngine } from "./sqlite-engine.ts";

const mark = { by: "00000000000000000000aaaa", time: 1 };

interface Peer {
  readonly engine: SqliteEngine;
  readonly heard: Change[];
  announced: number;
}

describe("engines that share a file", () => {
  let folder: string;
  let peers: Peer[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-follow-"));
    peers = [open(), open(), open()];
    await one().engine.transact(async (tx) => {
      for (const name of ["groups", "stores"] as const) await tx.define(systemStore(name));
      await tx.define(notes);
    });
    // A definition without an entity is no change: those that were open begin anew.
    await Promise.all(peers.map(({ engine }) => engine.close()));
    peers = [open(), open(), open()];
  });

  afterEach(async () => {
    await Promise.all(peers.map(({ engine }) => engine.close()));
    await rm(folder, { recursive: true });
  });

  function open(): Peer {
    const heard: Change[] = [];
    const onCommit = ({ changes }: Commit) => heard.push(...changes);
    const announce = () => {
      peer.announced++;
    };
    const lapse = () => assert.fail("nothing is swept here");
    const engine = new SqliteEngine(join(folder, "stoa.db"), {
      onCommit,
      now: () => 1,
      peers: { announce, lapse },
    });
    const peer = { engine, heard, announced: 0 };
    return peer;
  }

  function one(): Peer {
    return peers[0] as Peer;
  }

  it("hear of every change once and in order, whoever makes it", async () => {
    const writes = Array.from({ length: 300 }, (_, n) => {
      const { engine } = peers[n % peers.length] as Peer;
      return engine.transact((tx) => tx.insert("notes", draft(n), mark));
    });
    await Promise.all(writes);
    for (const { engine, heard, announced } of peers) {
      await engine.follow();
      assert.deepEqual(
        heard.map(({ sequence }) => sequence),
        Array.from({ length: 300 }, (_, n) => n + 1),
      );
      assert.deepEqual(
        heard.map(({ id }) => id).sort(),
        writes.map((_, n) => hex(n)),
      );
      assert.ok(announced > 0 && announced <= 100, `${announced} announcements`);
    }
  });

  it("see at once what another one has answered", async () => {
    for (let n = 0; n < 200; n++) {
      const writer = peers[n % peers.length] as Peer;
      const reader = peers[(n + 1) % peers.length] as Peer;
      await writer.engine.transact((tx) => tx.insert("notes", draft(n), mark));
      assert.equal((await reader.engine.read("notes", hex(n)))?.id, hex(n));
      assert.equal(await reader.engine.count("notes", { kind: "all", of: [] }), n + 1);
    }
  });

  it("know the groups and stores that another one has made or moved", async () => {
    const [left, right] = peers as [Peer, Peer];
    await left.engine.transact((tx) => tx.insert("groups", group("a", null), mark));
    await left.engine.transact((tx) => tx.insert("groups", group("b", "a"), mark));
    assert.deepEqual(right.engine.tree.branchOf("b"), ["b", "a"]);
    const made = storeDefinition(hex(7), { name: "made" });
    await right.engine.transact(async (tx) => {
      await tx.define(made);
      await tx.insert("stores", { ...draft(7), body: '{"name":"made"}' }, mark);
    });
    await left.engine.transact((tx) => tx.insert("made", { ...draft(8), group: "b" }, mark));
    const found = await right.engine.read("made", hex(8));
    assert.equal(found?.group, "b");
    await right.engine.transact(async (tx) => {
      const before = await tx.read("stores", hex(7));
      assert.ok(before);
      await tx.remove("stores", before, mark);
      await tx.undefine("made");
    });
    assert.equal(await left.engine.read("made", hex(8)), undefined);
    const late = left.engine.transact((tx) => tx.insert("made", draft(9), mark));
    await assert.rejects(late, { code: "not_found" });
  });

  it("refuse what a unique set of the file refuses, whoever came first", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => {
        const { engine } = peers[n % peers.length] as Peer;
        const body = JSON.stringify({ name: `n${n % 20}` });
        return engine.transact((tx) => tx.insert("notes", { ...draft(n), body }, mark));
      }),
    );
    const refused = outcomes.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 40);
    for (const outcome of refused) {
      assert.equal((outcome as PromiseRejectedResult).reason.code, "conflict");
    }
  });

  it("one is alone while the others are away, and all go on with what it did", async () => {
    const [one, ...others] = peers as [Peer, Peer, Peer];
    await others[0]?.engine.transact((tx) => tx.insert("notes", draft(0), mark));
    await Promise.all(others.map(({ engine }) => engine.close()));
    // While it goes on writing.
    const isOver = { now: false };
    const made: string[] = [];
    const lane = async (n: number) => {
      for (let at = n; !isOver.now; at += lanes) {
        await one.engine.transact((tx) => tx.insert("notes", draft(1_000 + at), mark));
        made.push(hex(1_000 + at));
        assert.equal((await one.engine.read("notes", hex(1_000 + at)))?.id, hex(1_000 + at));
      }
    };
    const lanes = 40;
    const writing = Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
    await one.engine.share(false);
    await until(() => one.engine.backgroundWrites > 20, "the thread has written");
    await rename(one, hex(0), "alone");
    await one.engine.share(true);
    const late = [open(), open()];
    peers = [one, ...late];
    const announced = one.announced;
    await until(() => one.announced > announced + 20, "others are told again");
    isOver.now = true;
    await writing;
    assert.ok(made.length > 500, `${made.length} are made`);
    for (const { engine } of peers) {
      await engine.follow();
      assert.equal(await engine.count("notes", { kind: "all", of: [] }), made.length + 1);
      for (const id of made) assert.equal((await engine.read("notes", id))?.id, id);
    }
    const sequences = one.heard.map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: made.length + 2 }, (_, n) => n + 1),
    );
    // Not what it remembers of before.
    await rename(late[0] as Peer, hex(0), "among others");
    await one.engine.transact(async (tx) => {
      const entity = await tx.read("notes", hex(0));
      assert.equal(JSON.parse(entity?.body ?? "")["name"], "among others");
    });
  });

  async function rename({ engine }: Peer, id: string, name: string): Promise<void> {
    await engine.transact(async (tx) => {
      const before = await tx.read("notes", id);
      assert.ok(before);
      const body = JSON.stringify({ name });
      await tx.update("notes", before, { ...draft(0), body }, mark);
    });
  }

  it("wait for an index that another one builds", async () => {
    const [left, right] = peers as [Peer, Peer];
    await left.engine.transact(async (tx) => {
      for (let n = 0; n < 5_000; n++) await tx.insert("notes", draft(n), mark);
    });
    const building = left.engine.prepare({ ...notes, indexes: [[["size"]]] });
    const writes = [left, right, right].map(({ engine }, n) => {
      return engine.transact((tx) => tx.insert("notes", draft(6_000 + n), mark));
    });
    await Promise.all([building, ...writes]);
    assert.equal(await right.engine.count("notes", { kind: "all", of: [] }), 5_003);
  });
});

const notes: StoreDefinition = storeDefinition(hex(1), { name: "notes", unique: [["name"]] });

function draft(n: number) {
  const body = JSON.stringify({ name: `name ${n}`, size: n, text: "x".repeat(n % 500) });
  return { id: hex(n), owner: `o${n % 5}`, group: `g${n % 9}`, access: [], time: n, body };
}

function group(id: string, parent: string | null) {
  return { ...draft(0), id, body: JSON.stringify({ name: id, parent }) };
}

function hex(n: number): string {
  return n.toString(16).padStart(24, "0");
}
