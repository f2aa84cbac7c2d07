/** When one process serves alone, and when all do: out of what they say that they did. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Balance, type Company, type Load } from "./balance.ts";

const idle = load(0, 0, 0);
/** As measured over 64 connections: inserts, one insert to nine reads, and to lists besides. */
const together = { inserts: load(80, 48, 400), mixed: load(94, 60, 110), lists: load(98, 70, 63) };
const alone = { inserts: load(82, 66, 2_000), mixed: load(98, 96, 330), lists: load(99, 98, 95) };

describe("of two processes", () => {
  test("one serves alone where mostly is written", () => {
    for (const busy of [together.inserts, together.mixed]) {
      const balance = new Balance();
      assert.deepEqual(told(balance, busy, [busy], 3), ["together", "together", "alone"]);
    }
  });

  test("both serve where mostly is read, and where next to nothing is asked", () => {
    for (const busy of [together.lists, load(100, 97, 0), load(9, 8, 60), idle]) {
      const balance = new Balance();
      assert.deepEqual(new Set(told(balance, busy, [busy], 50)), new Set(["together"]));
    }
  });

  test("a burst changes nothing", () => {
    const balance = new Balance();
    const { inserts, lists } = together;
    for (const busy of [inserts, inserts, lists, inserts, lists, inserts, inserts]) {
      assert.equal(balance.take(busy, [busy]), "together");
    }
  });

  test("none leaves that serves sockets", () => {
    const balance = new Balance();
    const busy = { ...together.inserts, followers: 1 };
    assert.deepEqual(new Set(told(balance, together.inserts, [busy], 50)), new Set(["together"]));
    // Those of the one that stays hold nobody up.
    assert.equal(told(balance, busy, [together.inserts], 3).at(-1), "alone");
  });

  test("the one stays alone as long as that is better", () => {
    const balance = aloneAfterInserts();
    for (const busy of [alone.inserts, alone.mixed]) {
      assert.deepEqual(new Set(told(balance, busy, [], 100)), new Set(["alone"]));
    }
  });

  test("both serve again once one is full of reading", () => {
    const balance = aloneAfterInserts();
    told(balance, alone.inserts, [], 100);
    assert.deepEqual(told(balance, alone.lists, [], 3), ["alone", "alone", "together"]);
  });

  test("both serve again after a time in which little was asked", () => {
    const balance = aloneAfterInserts();
    const companies = told(balance, load(5, 5, 10), [], 400);
    assert.equal(companies.at(-1), "together");
    assert.ok(companies.lastIndexOf("alone") >= 300, "not at once");
  });

  test("a load that changes all the time has them change ever more seldom", () => {
    const balance = new Balance();
    const turns: number[] = [];
    for (let at = 0; at < 5_000; at++) {
      const before = balance.company;
      const { inserts, lists } = before === "alone" ? alone : together;
      // What they have is always the worse.
      if (before === "alone") balance.take(lists, []);
      else balance.take(inserts, [inserts]);
      if (balance.company !== before) turns.push(at);
    }
    assert.ok(turns.length > 8 && turns.length < 25, `${turns.length} changes`);
    const pauses = turns.slice(1).map((at, n) => at - (turns[n] as number));
    assert.ok((pauses[0] as number) < 50 && (pauses.at(-1) as number) >= 600, `${pauses}`);
  });

  test("they begin together when the one has gone", () => {
    const balance = aloneAfterInserts();
    balance.restart();
    assert.equal(balance.company, "together");
  });
});

test("of eight processes that write one alone is better, and of eight that read none", () => {
  const seven = (busy: Load) => Array.from({ length: 7 }, () => busy);
  const writing = new Balance();
  assert.equal(told(writing, together.inserts, seven(together.inserts), 3).at(-1), "alone");
  const reading = new Balance();
  assert.equal(told(reading, together.lists, seven(together.lists), 50).at(-1), "together");
});

function aloneAfterInserts(): Balance {
  const balance = new Balance();
  told(balance, together.inserts, [together.inserts], 3);
  assert.equal(balance.company, "alone");
  return balance;
}

function told(balance: Balance, leader: Load, others: readonly Load[], times: number): Company[] {
  return Array.from({ length: times }, () => balance.take(leader, others));
}

function load(busyMs: number, computeMs: number, works: number): Load {
  return { busyMs, computeMs, works, followers: 0 };
}
