/**
 * What sockets are measured by: how long a change takes to whom it concerns among very many, and
 * whether one that behaves badly holds up the others. The load is a process of its own.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Api, signIn } from "./api.ts";
import { percentile } from "./percentile.ts";
import { adminPassword, anonymousMegabytes, startPartner, startStoa } from "./process.ts";
import { memberRole } from "./seed.ts";
import type { Delays, Offence, SocketTask } from "./socket-load.ts";

export interface SocketFigures {
  readonly sockets: number;
  readonly one: Delays;
  readonly all: Delays;
  readonly memoryMb: number;
  readonly others: number;
  readonly offences: readonly OffenceFigures[];
}

/** p99 of the others without and with the one that offends: the median of those of the rounds. */
export interface OffenceFigures {
  readonly how: Offence;
  readonly withoutMs: number;
  readonly withMs: number;
}

export async function measureSockets(count: number): Promise<SocketFigures> {
  const folder = mkdtempSync(join(tmpdir(), "stoa-bench-sockets-"));
  const server = await startStoa(folder);
  const load = startPartner("socket-load.ts");
  const partner = <T>(task: SocketTask) => load.ask<T>(task, 300_000);
  try {
    const { url } = server;
    const admin = await signIn(url, "admin");
    const tokens = await makePeople(admin);
    await partner({ kind: "open", url, tokens, count: othersCount, first: 0 });
    // Until everything is compiled, what comes first is the slower.
    await partner({ kind: "change", heardBy: "one", count: 1_000 });
    const offences: OffenceFigures[] = [];
    const place = { partner, url, admin, token: tokens.at(-1) as string };
    for (const how of ways) offences.push(await measureOffence(place, how));
    await partner({ kind: "open", url, tokens, count: count - othersCount, first: othersCount });
    await partner({ kind: "change", heardBy: "one", count: 200 });
    const one = await partner<Delays>({ kind: "change", heardBy: "one", count: 1_000 });
    await partner({ kind: "change", heardBy: "all", count: 1 });
    const all = await partner<Delays>({ kind: "change", heardBy: "all", count: 10 });
    const memoryMb = anonymousMegabytes(server.pid);
    return { sockets: count, one, all, memoryMb, others: othersCount, offences };
  } finally {
    await load.end();
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Ask = <T>(task: SocketTask) => Promise<T>;

interface Place {
  readonly partner: Ask;
  readonly url: string;
  readonly admin: Api;
  readonly token: string;
}

async function measureOffence(place: Place, how: Offence): Promise<OffenceFigures> {
  const { partner } = place;
  const without: number[] = [];
  const beside: number[] = [];
  const changes = async (to: number[]) => {
    if (how === "reads nothing") await partner({ kind: "fill" });
    to.push((await partner<Delays>({ kind: "change", heardBy: "one", count: changesEach })).p99Ms);
  };
  for (let round = 0; round < roundsEach; round++) {
    // Each is the first as often as the other.
    if (round % 2 === 0) await changes(without);
    const before = await drops(place.admin);
    await partner({ kind: "offend", how, url: place.url, token: place.token });
    await changes(beside);
    const hasDropped = (await drops(place.admin)) > before;
    if (hasDropped !== (how === "reads nothing")) throw new Error(`${how}: dropped ${hasDropped}`);
    await partner({ kind: "relent" });
    if (round % 2 === 1) await changes(without);
  }
  return { how, withoutMs: percentile(without, 0.5), withMs: percentile(beside, 0.5) };
}

/** How many events the server has thrown away. */
async function drops(admin: Api): Promise<number> {
  const answer = await fetch(`${admin.url}/metrics`, {
    headers: { authorization: `Bearer ${admin.token}` },
  });
  const [, count] = /^stoa_feed_drops_total (\d+)$/m.exec(await answer.text()) ?? [];
  if (count === undefined) throw new Error("the metrics do not tell of drops");
  return Number(count);
}

async function makePeople(admin: Api): Promise<string[]> {
  await admin.send("POST", "stores", { name: "places" });
  const [top] = JSON.parse((await admin.send("GET", "groups")).text) as [{ _id: string }];
  const role = await memberRole(admin);
  const tokens: string[] = [];
  for (let n = 0; n < peopleCount; n++) {
    const login = `socket-${n}`;
    await admin.send("POST", "users", { login, password: adminPassword, role, group: top._id });
    tokens.push((await signIn(admin.url, login)).token);
  }
  return tokens;
}

const ways: readonly Offence[] = [
  "does nothing",
  "reads nothing",
  "filter is dear",
  "subscribes 10,000 times",
];
const othersCount = 200;
const peopleCount = 10;
const changesEach = 200;
const roundsEach = 30;
