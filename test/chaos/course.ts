/**
 * A course of chaos: people read, write and follow while somebody does harm; and when it is over,
 * what was answered is kept, who resumes misses nothing and is told nothing twice, and everybody
 * sees what the rules say. Knows no harm.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Tally } from "./asker.ts";
import { Author, type Note } from "./author.ts";
import type { Crew } from "./crew.ts";
import { type Entity, Follower } from "./follower.ts";
import { type House, makeHouse, type Person } from "./house.ts";
import {
  readTruth,
  requireEachOnce,
  requireKept,
  requireOneLog,
  requireSight,
  requireTold,
  seenBy,
} from "./verdict.ts";
import { sortedText, Viewer } from "./viewer.ts";

export interface Course {
  readonly crew: Crew;
  readonly seconds: number;
  /** How often a group is moved elsewhere. */
  readonly moveEveryMs: number;
  /** Ends when it is late, or soon after. */
  readonly harm: (isLate: () => boolean) => Promise<void>;
}

/** What came of it, in words. Errors: whatever was lost, doubled or shown to the wrong person. */
export async function run(course: Course): Promise<string> {
  const { crew } = course;
  const tally = new Tally();
  const followers: Follower[] = [];
  const viewers: Viewer[] = [];
  try {
    const house = await makeHouse(crew.urls, tally);
    const everybody = [house.admin, ...house.people];
    for (const person of everybody) followers.push(new Follower(crew.urls, person));
    for (const person of everybody) followers.push(new Follower(crew.urls, person, 2));
    for (const follower of followers) follower.open();
    everybody.forEach((person, at) => {
      viewers.push(new Viewer(crew.urls[at % crew.urls.length] as string, person));
    });
    const authors = everybody.flatMap((person) => authorsOf(person, house));
    const reads = await live(house, authors, course);
    await crew.ready();
    const last = await makeLast(house);
    for (const follower of followers) await follower.reach(last.id);
    const truth = await readTruth(house);
    const kept = requireKept(truth, [...authors.flatMap(({ notes }) => [...notes.values()]), last]);
    const log = await requireOneLog(house, crew.urls);
    requireEachOnce(log, authors);
    const seen = await requireSight(truth, crew.urls, everybody);
    const told = followers.reduce((sum, one) => sum + requireTold(truth, log, one), 0);
    for (const viewer of viewers) {
      await viewer.requireShown(seenBy(truth, viewer.person).map(sortedText));
    }
    const returns = viewers.reduce((sum, one) => sum + one.returns - 1, 0);
    const resumed = followers.reduce((sum, one) => sum + one.connections - 1, 0);
    const readBacks = authors.reduce((sum, one) => sum + one.readBacks, 0);
    assert(crew.kills >= 1 && resumed > 0, "there was chaos");
    assert(kept > 5 && readBacks > 5 && told > log.length && seen > kept, "there was a load");
    assert.deepEqual(crew.faults(), []);
    return [
      `${log.length} changes, ${kept} notes left, ${seen} seen as the rules say`,
      `${reads} lists and ${readBacks} answers read back by others`,
      `${told} events to ${followers.length} followers, who resumed ${resumed} times`,
      `${2 * viewers.length} live sets, which came back ${returns} times`,
      `${tally.refusals} answers by 503, ${tally.breaks} connections broken`,
      `the longest wait ${Math.round(tally.slowestMs)} ms`,
    ].join("; ");
  } finally {
    tally.isOver = true;
    for (const follower of followers) follower.close();
    for (const viewer of viewers) viewer.close();
  }
}

/** Two each, so that writes of one person come by several nodes at a time. */
function authorsOf(person: Person, { people }: House): Author[] {
  const others = people.filter((one) => one !== person);
  return [new Author(person, others), new Author(person, others)];
}

/** Everybody does something until the time is over; gives the number of lists that were read. */
async function live(
  house: House,
  authors: readonly Author[],
  { seconds, moveEveryMs, harm }: Course,
): Promise<number> {
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
      await sleep(moveEveryMs);
      const body = { parent: at % 2 === 0 ? right : left };
      await house.admin.asker.ask({ method: "PATCH", path: `groups/${moved}`, body });
    }
  };
  const doings = [...authors.map(write), ...house.people.map(read), move()];
  try {
    await Promise.all([...doings, harm(() => performance.now() >= end)]);
  } finally {
    end = 0;
  }
  return reads;
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
