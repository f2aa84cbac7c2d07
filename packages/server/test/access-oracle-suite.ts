/**
 * Random worlds through the oracle of access, on one engine. `STOA_SEED=7` runs one world,
 * `STOA_SEED=fresh` new ones; the long run is `npm run oracle`.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type EngineName, newEngine } from "./access-engines.ts";
import { askWorld, Tally } from "./access-oracle.ts";
import { seeds } from "./random-world.ts";

export function accessOracleSuite(name: EngineName, count: number): void {
  const tally = new Tally();

  test(`on ${name}, every answer is what brute force over the rules says`, async () => {
    for (const seed of seeds(count)) {
      const openEngine = newEngine.bind(null, name);
      await askWorld({ seed, openEngine, requests: 40, tally });
    }
  });

  test(`on ${name}, enough was allowed and refused for that to mean something`, () => {
    if (Number(process.env.STOA_SEED)) return;
    for (const kind of readings) assertSeen(tally, `${kind} done`, count / 3);
    for (const kind of readings) assertSeen(tally, `${kind} refused`, count / 15);
    for (const kind of writings) assertSeen(tally, `${kind} done`, count / 5);
    for (const kind of writings) assertSeen(tally, `${kind} refused`, count / 5);
    for (const key of rareButSeen) assertSeen(tally, key, name === "memory" ? 1 : 0);
  });

  after(() => console.log(`# ${name}: ${tally.total} questions about ${count} worlds`));
}

function assertSeen(tally: Tally, key: string, least: number): void {
  assert(tally.count(key) >= least, `"${key}" was seen ${tally.count(key)} times of ${least}`);
}

const readings = [
  ...["find", "count", "meta", "read", "explain", "unwind", "unwindOne", "directory"],
  ...["history", "search"],
  "history",
  "impact",
];
const writings = ["create", "update", "remove", "grant", "revoke", "transfer", "restore"];
const rareButSeen = [
  ...["create users allowed", "create users forbidden", "update users allowed"],
  ...["update users forbidden", "update users conflict", "update users not_found"],
  ...["remove users allowed", "remove users forbidden", "remove users conflict"],
  ...["transfer users allowed", "transfer users forbidden", "transfer users conflict"],
  ...["create groups allowed", "create groups validation", "update groups allowed"],
  ...["update groups validation", "update groups conflict", "remove groups allowed"],
  ...["remove groups conflict", "remove groups validation", "create roles allowed"],
  ...["create roles forbidden", "update roles allowed", "update roles forbidden"],
  ...["update roles conflict", "remove roles allowed", "remove roles conflict"],
  ...["create tokens allowed", "create tokens forbidden", "update tokens allowed"],
  ...["update tokens not_found", "update tokens validation", "remove tokens allowed"],
  ...["remove tokens not_found", "remove sessions allowed", "remove sessions not_found"],
  ...["update sessions method", "grant users method", "grant ordinary validation"],
  ...["grant ordinary forbidden", "grant ordinary not_found", "revoke ordinary forbidden"],
  ...["transfer ordinary forbidden", "transfer ordinary validation", "read tokens allowed"],
  ...["read tokens not_found", "read sessions not_found", "read users not_found"],
  ...["read stores not_found", "explain ordinary not_found", "unwind ordinary forbidden"],
  ...["unwind ordinary validation", "find stores allowed", "find roles forbidden"],
  ...["shown house unauthorized", "directory house unauthorized"],
];
