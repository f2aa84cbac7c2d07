/**
 * Inserts for ever into the folder that it is given, and says each id once it is durable; the test
 * beside it kills it.
 */
import { writeSync } from "node:fs";
import { openEngine } from "../src/storage/open-engine.ts";

const engine = await openEngine(process.argv[2] as string, {
  now: Date.now,
  onCommit: () => undefined,
});
const definition = {
  id: "cities",
  name: "cities",
  title: "Cities",
  schema: null,
  unique: [],
  indexes: [[["name"]]],
  search: [["name"]],
  time: "server",
  idKind: "objectid",
  flavour: "entity",
} as const;
await engine.transact((tx) => tx.define(definition));
let count = 0;

async function insertForEver(): Promise<never> {
  for (;;) {
    const id = (++count).toString(16).padStart(24, "0");
    const head = { id, owner: "a", group: "b", access: [], time: count };
    const body = JSON.stringify({ name: `City ${count}` });
    const mark = { by: "a", time: count };
    await engine.transact((tx) => tx.insert("cities", { ...head, body }, mark));
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, insertForEver));
