/**
 * Nodes over one database under reads, writes and sockets, while one of them after the other is
 * killed and PostgreSQL crashes twice: what was answered is kept, who resumes misses nothing and is
 * told nothing twice, and everybody sees what the rules say.
 * `STOA_CHAOS_SECONDS=120 STOA_CHAOS_NODES=3` makes it the long run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Cluster,
  createDatabase,
  startCluster,
} from "../../packages/server/test/postgres-cluster.ts";
import { Tally } from "./asker.ts";
import { Author, type Note } from "./author.ts";
import { Crew } from "./crew.ts";
import { type Entity, Follower } from "./follower.ts";
import { type House, makeHouse, type Person } from "./house.ts";
import {
  readTruth,
  requireEachOnce,
  requireKept,
  requireOneLog,
  requireSight,
  requireTold,
} from "./verdict.ts";

const seconds = Number(process.env["STOA_CHAOS_SECONDS"] ?? 5);
const nodeCount = Number(process.env["STOA_CHAOS_NODES"] ?? 2);
const killEveryMs = Math.min(5_000, (seconds * 1_000) / 3);
const crashes = 2;

test(`${nodeCount} nodes that are killed lose nothing and tell nothing twice`, async (context) => {
  const cluster = await startCluster({ durable: true });
  const crew = await Crew.start((await createDatabase(cluster)).url, nodeCount);
  const tally = new Tally();
  const followers: Follower[] = [];
  try {
    const house = await makeHouse(crew.urls, tally);
    const everybody = [house.admin, ...house.people];
    for (const person of everybody) followers.push(new Follower(crew.urls, person));
    for (const person of everybody) followers.push(new Follower(crew.urls, person, 2));
    for (const follower of followers) follower.open();
    const authors = everybody.flatMap((person) => authorsOf(person, house));
    const reads = await live(house, authors, { crew, cluster });
    await crew.ready();
    const last = await makeLast(house);
    for (const follower of followers) await follower.reach(last.id);
    const truth = await readTruth(house);
    const kept = requireKept(truth, [...authors.flatMap(({ notes }) => [...notes.values()]), last]);
    const log = await requireOneLog(house, crew.urls);
    requireEachOnce(log, authors);
    const seen = await requireSight(truth, crew.urls, everybody);
    const told = followers.reduce((sum, one) => sum + requireTold(truth, log, one), 0);
    const resumed = followers.reduce((sum, one) => sum + one.connections - 1, 0);
    const readBacks = authors.reduce((sum, one) => sum + one.readBacks, 0);
    const found = [
      `${seconds} s, ${crew.kills} kills, ${crashes} crashes of the database`,
      `${log.length} changes, ${kept} notes left, ${seen} seen as the rules say`,
      `${reads} lists and ${readBacks} answers read back by other nodes`,
      `${told} events to ${followers.length} followers, who resumed ${resumed} times`,
      `${tally.refusals} answers by 503, ${tally.breaks} connections broken`,
      `the longest wait ${Math.round(tally.slowestMs)} ms`,
    ];
    context.diagnostic(found.join("; "));
    assert(crew.kills >= 1 && resumed > 0, "there was chaos");
    assert(kept > 5 && readBacks > 5 && told > log.length && seen > kept, "there was a load");
    assert.deepEqual(crew.faults(), []);
  } finally {
    tally.isOver = true;
    for (const follower of followers) follower.close();
    await crew.end();
    await cluster.end();
  }
});

/** Two each, so that writes of one person come by several nodes at a time. */
function authorsOf(person: Person, { people }: House): Author[] {
  const others = people.filter((one) => one !== person);
  return [new Author(person, others), new Author(person, others)];
}

interface Ground {
  readonly crew: Crew;
  readonly cluster: Cluster;
}

/** Everybody does something until the time is over; gives the number of lists that were read. */
async function live(house: House, authors: readonly Author[], ground: Ground): Promise<number> {
  let end = performance.now() + seconds * 1_000;
  let reads = 0;
  const isEnough = () => reads >= 10 && authors.every(({ writes }) => writes >= 10);
  const isOver = () => performance.now() >= end && (end === 0 || isEnough());
  const write = async (author: Author) => {
    while (!isOver()) await author.write();
  };
  const read = async (person: Person) => {
    while (!isOver()) {
      await readList(person, house);
      reads++;
    }
  };
  const move = async () => {
    const { left, right, moved } = house.groups;
    for (let at = 0; !isOver(); at++) {
      await sleep(killEveryMs / 2);
      const body = { parent: at % 2 === 0 ? right : left };
      await house.admin.asker.ask({ method: "PATCH", path: `groups/${moved}`, body });
    }
  };
  const doings = [...authors.map(write), ...house.people.map(read), move()];
  try {
    await Promise.all([...doings, harm(ground, () => performance.now() >= end)]);
  } finally {
    end = 0;
  }
  return reads;
}

/** Kills a node each time, and takes the database away in between. */
async function harm({ crew, cluster }: Ground, isLate: () => boolean): Promise<void> {
  const kills = async () => {
    for (;;) {
      await sleep(killEveryMs);
      // One that is slow to start is not killed before it has done anything.
      await crew.ready();
      if (isLate()) return;
      crew.kill(Math.floor(Math.random() * nodeCount));
    }
  };
  const takeAway = async () => {
    for (let count = 0; count < crashes; count++) {
      await sleep((seconds * 1_000) / (crashes + 1));
      await cluster.stop("immediate");
      await sleep(Math.random() * 1_000);
      await cluster.start();
    }
  };
  await Promise.all([kills(), takeAway()]);
}

/** Whatever comes must be in the caller's sight by what it says of itself. */
async function readList({ asker, id }: Person, { people }: House): Promise<void> {
  const { body } = await asker.ask({ method: "GET", path: "notes?limit=100&sortBy=-n" });
  const others = new Set(people.map((person) => person.id));
  for (const { owner, access, branch = [] } of body as Entity[]) {
    const isOther = others.has(owner) || owner !== id;
    assert(!isOther || access.includes(id) || branch.length > 1, "it may be seen");
  }
}

/** A note that everybody sees. */
async function makeLast({ admin, people }: House): Promise<Note> {
  const { asker } = admin;
  const group = admin.groups[0] as string;
  const text = "the last one";
  const made = await asker.ask({ method: "POST", path: "notes", body: { n: 99, text, group } });
  const id = made.body._id as string;
  const access = people.map((person) => person.id);
  await asker.ask({ method: "POST", path: `notes/${id}/access`, body: { grant: access } });
  return { id, n: 99, group, access };
}
