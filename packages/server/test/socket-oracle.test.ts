/**
 * Both oracles over sockets: every call answers what brute force says, and what a subscriber knows
 * by events is what it may see. `STOA_SEED=7` runs one world.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Services } from "../src/service/services.ts";
import { newEngine } from "./access-engines.ts";
import { askWorld, Tally } from "./access-oracle.ts";
import { followWorld, newTally } from "./feed-oracle.ts";
import { seeds } from "./random-world.ts";
import { serveSockets, socketDoor, socketWatchDoor } from "./socket-door.ts";

const openEngine = newEngine.bind(null, "memory");

test("what a subscriber knows by events is what it may see", async () => {
  const tally = newTally();
  for (const seed of seeds(12)) {
    await followWorld({ seed, openEngine, openDoor, changes: 25, watchers: 8, tally });
  }
  if (process.env.STOA_SEED) return;
  assert(tally.entities > tally.compared);
  assert(tally.moved > 20, `moved groups bring and take entities: ${tally.moved}`);
});

test("every call over a socket answers what brute force over the rules says", async () => {
  const tally = new Tally();
  for (const seed of seeds(40)) {
    const closing: (() => Promise<void>)[] = [];
    const openDoors = async (services: Services) => {
      const server = await serveSockets(services);
      const { door, close } = socketDoor(services, server);
      closing.push(close, server.close);
      return [door];
    };
    try {
      await askWorld({ seed, openEngine, openDoors, requests: 40, tally });
    } finally {
      for (const close of closing) await close();
    }
  }
  for (const kind of [
    "find",
    "read",
    "create",
    "update",
    "remove",
    "grant",
    "revoke",
    "transfer",
    "explain",
  ]) {
    if (process.env.STOA_SEED) break;
    for (const how of ["done", "refused"]) {
      assert(
        tally.count(`${kind} ${how}`) > 10,
        `${kind} ${how}: ${tally.count(`${kind} ${how}`)}`,
      );
    }
  }
});

async function openDoor(services: Services) {
  const server = await serveSockets(services);
  return { door: socketWatchDoor(server), close: server.close };
}
