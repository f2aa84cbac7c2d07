/**
 * What sockets are measured by: how long a change takes to whom it concerns among very many, and
 * whether one that behaves badly holds up the others. The load is a process of its own.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signIn } from "./api.ts";
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

/** p99 of the others without and with the one that offends, over all rounds. */
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
    const tokens = await makePeople(url);
    await partner({ kind: "open", url, tokens, count: othersCount, first: 0 });
    // Until everything is compiled, what comes first is the slower.
    await partner({ kind: "change", heardBy: "one", count: 1_000 });
    const offences: OffenceFigures[] = [];
    for (const how of ways) offences.push(await measureOffence(partner, url, tokens, how));
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

async function measureOffence(
  partner: Ask,
  url: string,
  tokens: readonly string[],
  how: Offence,
): Promise<OffenceFigures> {
  const without: number[] = [];
  const beside: number[] = [];
  const changes = { kind: "change", heardBy: "one", count: changesEach } as const;
  for (let round = 0; round < roundsEach; round++) {
    without.push(...(await partner<Delays>(changes)).all);
    await partner({ kind: "offend", how, url, token: tokens.at(-1) as string });
    beside.push(...(await partner<Delays>(changes)).all);
    await partner({ kind: "relent" });
  }
  const p99 = (delays: readonly number[]) => percentile(delays, 0.99);
  return { how, withoutMs: p99(without), withMs: p99(beside) };
}

async function makePeople(url: string): Promise<string[]> {
  const admin = await signIn(url, "admin");
  await admin.send("POST", "stores", { name: "places" });
  const [top] = JSON.parse((await admin.send("GET", "groups")).text) as [{ _id: string }];
  const role = await memberRole(admin);
  const tokens: string[] = [];
  for (let n = 0; n < peopleCount; n++) {
    const login = `socket-${n}`;
    await admin.send("POST", "users", { login, password: adminPassword, role, group: top._id });
    tokens.push((await signIn(url, login)).token);
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
const roundsEach = 6;
