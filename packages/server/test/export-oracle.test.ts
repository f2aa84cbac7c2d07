/**
 * The oracle of access over exports: what a list as NDJSON holds, and whose rows a list as CSV has,
 * is what brute force says. `STOA_SEED=7` runs one world.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "@stoa/domain";
import { parse } from "csv-parse/sync";
import type { Services } from "../src/service/services.ts";
import { newEngine } from "./access-engines.ts";
import { askWorld, Tally } from "./access-oracle.ts";
import { type Door, serviceDoor } from "./access-request.ts";
import type { Secret } from "./access-truth.ts";
import { seeds } from "./random-world.ts";
import { chosen, codeOf, serveSockets } from "./socket-door.ts";

let exported = 0;

test("nobody exports what it may not see, in any form", async () => {
  const tally = new Tally();
  for (const seed of seeds(60)) {
    const closing: (() => Promise<void>)[] = [];
    const openDoors = async (services: Services) => {
      const { url, close } = await serveSockets(services);
      closing.push(close);
      return [exportDoor(services, url)];
    };
    const openEngine = newEngine.bind(null, "memory");
    await askWorld({ seed, openEngine, openDoors, requests: 30, tally });
    for (const close of closing) await close();
  }
  if (process.env.STOA_SEED) return;
  assert.ok(exported > 500, `${exported} entities were exported`);
  assert.ok(tally.count("find refused") > 20);
});

function exportDoor(services: Services, url: string): Door {
  const others = serviceDoor(services);
  return {
    name: "export",
    async ask(secret, request) {
      if (request.kind !== "find" || Object.keys(request.options).length > 0) {
        return others.ask(secret, request);
      }
      const ask = (format: string) => exportOf(`${url}/api/v1/${request.store}`, format, secret);
      const ndjson = await ask("ndjson");
      const csv = await ask("csv");
      assert.equal(csv.status, ndjson.status);
      if (ndjson.status !== 200) {
        return { kind: "refused", code: codeOf(JSON.parse(ndjson.text) as { tags: string[] }) };
      }
      const lines = ndjson.text.split("\n").filter((line) => line !== "");
      const found = lines.map((line) => JSON.parse(line) as JsonObject);
      const [header = [], ...rows] = parse(csv.text) as string[][];
      const ids = rows.map((row) => row[header.indexOf("_id")]);
      assert.deepEqual(
        ids,
        found.map(({ _id }) => _id),
      );
      exported += found.length;
      return { kind: "done", value: chosen(request.query, found as Json) };
    },
  };
}

async function exportOf(store: string, format: string, { way, secret }: Secret) {
  const headers: Record<string, string> =
    way === "token"
      ? { authorization: `Bearer ${secret}` }
      : { cookie: `sid=${encodeURIComponent(secret)}` };
  const answer = await fetch(`${store}?format=${format}&nolimit=true`, { headers });
  return { status: answer.status, text: await answer.text() };
}
