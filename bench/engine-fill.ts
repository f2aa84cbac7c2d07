/**
 * Fills a store through the engine itself, a few thousand entities to a commit: for data that would
 * take too long by way of HTTP. What ends in the file is the same: rows, indexes and changes.
 */
import { randomBytes } from "node:crypto";
import { objectIds, timeUuids } from "@stoa/domain";
import type { Draft, Engine } from "../packages/server/src/storage/engine.ts";
import { openEngine } from "../packages/server/src/storage/open-engine.ts";

export interface Filling {
  readonly store: string;
  readonly entities: number;
  readonly idKind: "objectid" | "uuid";
  /** Id of the user who does it. */
  readonly by: string;
  /** The entity of that number, from 0 on; ids and times are added. */
  draftOf(number: number): Omit<Draft, "id" | "time">;
}

/** No server may run over the directory. */
export async function openBenchEngine(data: string): Promise<Engine> {
  return openEngine(data, { onCommit: () => undefined, now: Date.now });
}

/** Ids of some of them, spread evenly, in order: 10,000 at most. */
export async function fill(engine: Engine, filling: Filling): Promise<readonly string[]> {
  const { store, entities, idKind, by, draftOf } = filling;
  const newId = idSource(idKind);
  const every = Math.ceil(entities / sampleMax);
  const sample: string[] = [];
  const start = performance.now();
  for (let from = 0; from < entities; from += perCommit) {
    const to = Math.min(entities, from + perCommit);
    const time = Date.now();
    const drafts = Array.from({ length: to - from }, (_, n) => {
      return { id: newId(), time, ...draftOf(from + n) };
    });
    await engine.transact(async (tx) => {
      for (const draft of drafts) await tx.insert(store, draft, { by, time });
    });
    for (let n = from; n < to; n++) if (n % every === 0) sample.push(drafts[n - from]?.id ?? "");
    if (to % progressEvery === 0 || to === entities) tell(store, to, entities, start);
  }
  return sample;
}

function idSource(kind: "objectid" | "uuid"): () => string {
  const now = Date.now;
  return kind === "uuid"
    ? timeUuids({ now, node: randomBytes(6), random: () => randomBytes(4) })
    : objectIds({ now, random: randomBytes(5), counter: 0 });
}

function tell(store: string, done: number, entities: number, start: number): void {
  const perSecond = Math.round(done / ((performance.now() - start) / 1_000));
  const left = Math.ceil((entities - done) / perSecond);
  process.stderr.write(
    `filling ${store}: ${done} of ${entities}, ${perSecond}/s, ${left} s left\n`,
  );
}

const perCommit = 5_000;
const sampleMax = 10_000;
const progressEvery = 100_000;
