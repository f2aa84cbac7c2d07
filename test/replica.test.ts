/**
 * A server over a database that has a standby, and its client: what is asked for is what is
 * answered, by whichever of the two, in both APIs, and nobody is shown what was taken from them.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoaClient } from "../packages/client/src/index.ts";
import { observer } from "../packages/server/src/app/observe.ts";
import { type Stoa, startStoa } from "../packages/server/src/app/wire.ts";
import type { PostgresEngine } from "../packages/server/src/storage/postgres-engine.ts";
import {
  type Cluster,
  createDatabase,
  query,
  startCluster,
  startStandby,
} from "../packages/server/test/postgres-cluster.ts";
import { Random } from "../packages/server/test/random-world.ts";

const password = "correct horse";
const metricsToken = "m3trics";

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly body: any;
}

describe("a server with a replica", () => {
  let primary: Cluster;
  let standby: Cluster;
  let stoa: Stoa;
  let replica = "";
  let token = "";
  let cities = "";
  let objects = "";

  async function ask(method: string, path: string, body?: object, headers = {}): Promise<Reply> {
    const response = await fetch(stoa.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: jsonOf(text) };
  }

  async function ok(...call: Parameters<typeof ask>): Promise<Reply> {
    const reply = await ask(...call);
    assert(reply.status < 300, JSON.stringify(reply.body));
    return reply;
  }

  const sequenceOf = ({ headers }: Reply) => Number(headers.get("stoa-sequence"));

  /** What `/metrics` says of the replica. */
  async function counted() {
    const response = await fetch(`${stoa.url}/metrics`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    });
    const text = await response.text();
    const number = (name: string) => {
      const [, value] = new RegExp(`^stoa_replica_${name} (\\S+)$`, "m").exec(text) ?? [];
      return Number(value);
    };
    return { up: number("up"), lagMs: number("lag_milliseconds") };
  }

  async function reads() {
    const { body } = await ok("GET", "/api/v1/statistics");
    return body.database.replica as { isUp: boolean; reads: number; fallbacks: number };
  }

  before(async () => {
    primary = await startCluster({ settings: { synchronous_commit: "on" } });
    const { url } = await createDatabase(primary);
    standby = await startStandby(primary);
    const copy = new URL(url);
    copy.port = new URL(standby.url).port;
    replica = copy.href;
    stoa = await startStoa({
      ...{ host: "127.0.0.1", port: 0, data: url, replica, metricsToken },
      ...{ adminLogin: "admin", adminPassword: password },
      ...observer({ level: "silent" }),
      peers: { announce: () => {}, lapse: () => {} },
    });
    const signedIn = await ask("POST", "/api/v1/auth/token", { login: "admin", password });
    token = signedIn.body.token;
    await ok("POST", "/api/v1/stores", { name: "cities" });
    cities = `/api/v1/cities/${(await ok("POST", "/api/v1/cities", { visits: 0 })).body._id}`;
    const made = await ok("POST", "/rest/v1/reference/extobjs", { type: "lamp", value: 0 });
    objects = `/rest/v1/reference/extobjs/${made.body.id}`;
    await inUse();
  });

  after(async () => {
    await stoa?.close();
    await standby?.end();
    await primary?.end();
  });

  /** Until it is up, and has all that there is. */
  async function inUse(): Promise<void> {
    const engine = stoa.engine as PostgresEngine;
    await until("the replica is in use", async () => {
      const before = engine.replicaReads?.reads ?? 0;
      await ok("GET", `${cities}?consistency=after=${engine.sequence}`);
      return (engine.replicaReads?.reads ?? 0) > before;
    });
  }

  test("answers by it what may be old, and shows to a writer what it wrote", async () => {
    await query(replica, "SELECT pg_wal_replay_pause()");
    try {
      const sequence = sequenceOf(await ok("PATCH", cities, { visits: 1 }));
      const visits = async (asked: string, headers = {}) => {
        return (await ok("GET", cities + asked, undefined, headers)).body.visits;
      };
      const eventual = { "stoa-consistency": "eventual" };
      assert.equal(await visits(""), 1);
      assert.equal(await visits("?consistency=eventual"), 0);
      assert.equal(await visits("", eventual), 0);
      assert.equal(await visits("?consistency=strong", eventual), 1);
      assert.equal(await visits(`?consistency=after=${sequence}`), 1);
      assert.equal(await visits(`?consistency=after=${sequence - 1}`), 0);
      const changed = await ok("PATCH", objects, { value: 1 });
      const value = async (asked: string) => (await ok("GET", objects + asked)).body.value;
      assert.equal(await value(""), 1);
      assert.equal(await value("?consistency=eventual"), 0);
      assert.equal(await value(`?consistency=after=${sequenceOf(changed)}`), 1);
      const count = async (asked: string) => {
        const list = "/api/v1/cities?meta=count&where.visits=1";
        return (await ok("GET", list + asked)).body.total;
      };
      assert.deepEqual([await count(""), await count("&consistency=eventual")], [1, 0]);
      await until("the lag is told", async () => (await counted()).lagMs > 0);
      assert.equal((await counted()).up, 1);
    } finally {
      await query(replica, "SELECT pg_wal_replay_resume()");
    }
    await inUse();
    assert.equal((await ok("GET", `${cities}?consistency=eventual`)).body.visits, 1);
  });

  test("shows nobody what was taken from them, however old an answer may be", async () => {
    const member = await newMember();
    const mine = await ok("POST", "/api/v1/cities", { name: "Delft", visits: 0 });
    const path = `/api/v1/cities/${mine.body._id}`;
    await ok("POST", `${path}/access`, { grant: [member.id] });
    await inUse();
    const seen = async (asked = "?consistency=eventual") => {
      const headers = { authorization: `Bearer ${member.token}` };
      const one = await ask("GET", path + asked, undefined, headers);
      const list = await ask("GET", `/api/v1/cities${asked}`, undefined, headers);
      return [one.status, list.body.length];
    };
    assert.deepEqual(await seen(), [200, 1]);
    await query(replica, "SELECT pg_wal_replay_pause()");
    try {
      await ok("PATCH", path, { visits: 1 });
      assert.deepEqual(await seen(), [200, 1]);
      await ok("DELETE", `${path}/access/${member.id}`);
      assert.deepEqual(await seen(), [404, 0]);
      await ok("POST", `${path}/access`, { grant: [member.id] });
      // What is given back counts as soon.
      assert.deepEqual(await seen(), [200, 1]);
      await ok("DELETE", path);
      assert.deepEqual(await seen(), [404, 0]);
      await ok("PATCH", `/api/v1/users/${member.id}`, { disabled: true });
      assert.equal((await seen())[0], 401);
    } finally {
      await query(replica, "SELECT pg_wal_replay_resume()");
    }
  });

  test("shows nobody more than an answer of now, whatever is changed meanwhile", async () => {
    const random = new Random(417);
    const one = <T>(items: readonly T[]): T => random.pick(items);
    const world = await newWorld();
    const { people, groups, notes } = world;
    let older = 0;
    let isPaused = false;
    for (let round = 0; round < 80; round++) {
      if (round % 8 === 0) {
        if (isPaused) await query(replica, "SELECT pg_wal_replay_resume()");
        if (isPaused) await inUse();
        else await query(replica, "SELECT pg_wal_replay_pause()");
        isPaused = !isPaused;
      }
      const note = `/api/v1/notes/${one(notes)}`;
      const person = one(people);
      const changes: (() => Promise<unknown>)[] = [
        // Most changes are of content, else the replica would hardly ever be asked.
        ...Array.from({ length: 18 }, () => () => ask("PATCH", note, { round })),
        () => ask("POST", `${note}/access`, { grant: [person.id] }),
        () => ask("DELETE", `${note}/access/${person.id}`),
        () => ask("POST", `${note}/transfer`, { group: one(groups) }),
        () => ask("PATCH", `/api/v1/users/${person.id}`, { groups: [one(groups)] }),
        () =>
          ask("PATCH", `/api/v1/groups/${one(groups)}`, { parent: one([world.root, ...groups]) }),
        () => ask("DELETE", note),
      ];
      await one(changes)();
      const reader = one(people);
      const headers = { authorization: `Bearer ${reader.token}` };
      const list = async (asked: string) => {
        const path = `/api/v1/notes?consistency=${asked}`;
        const { body } = await ok("GET", path, undefined, headers);
        return new Map((body as Note[]).map((found) => [found._id, found.round]));
      };
      const [now, then] = [await list("strong"), await list("eventual")];
      const hidden = [...then.keys()].filter((id) => !now.has(id));
      assert.deepEqual(hidden, [], `round ${round}`);
      for (const [id, seen] of then) if (seen !== now.get(id)) older++;
      const id = one(notes);
      const path = `/api/v1/notes/${id}?consistency=eventual`;
      const { status } = await ask("GET", path, undefined, headers);
      if (status === 200) assert(now.has(id), `${id} in round ${round}`);
      const counted = `/api/v1/notes?meta=count&consistency=eventual`;
      assert((await ok("GET", counted, undefined, headers)).body.total <= now.size);
    }
    if (isPaused) await query(replica, "SELECT pg_wal_replay_resume()");
    assert(older > 3, `${older} answers were older`);
  });

  for (const transport of ["http", "socket"] as const) {
    test(`shows a client what it has written itself, over ${transport}`, async () => {
      await inUse();
      const url = stoa.url;
      const session = new StoaClient({ url, token, transport, consistency: "session" });
      const other = new StoaClient({ url, token, transport, consistency: "eventual" });
      const id = cities.split("/").at(-1) as string;
      const visits = async (client: StoaClient, consistency?: { after: number } | "strong") => {
        const store = client.store<{ visits: number }>("cities");
        const list = await store.page({ only: ["visits"], limit: 10 }, { consistency });
        const listed = list.entities.find(({ _id }) => _id === id)?.visits;
        const { visits } = await store.read(id, { consistency });
        assert.equal(visits, listed);
        return visits;
      };
      try {
        const before = await visits(other);
        assert.equal(await visits(session), before);
        assert.equal(session.sequence, 0);
        await query(replica, "SELECT pg_wal_replay_pause()");
        await session.store<{ visits: number }>("cities").update(id, { visits: before + 1 });
        assert.equal(await visits(session), before + 1);
        assert.equal(await visits(other), before);
        assert.equal(await visits(other, { after: session.sequence }), before + 1);
        assert.equal(await visits(other, "strong"), before + 1);
      } finally {
        await query(replica, "SELECT pg_wal_replay_resume()");
        session.close();
        other.close();
      }
    });
  }

  test("goes on without it while it is away, and uses it when it is back", async () => {
    await inUse();
    await standby.stop("immediate");
    for (let times = 0; times < 20; times++) {
      const sequence = sequenceOf(await ok("PATCH", cities, { visits: 100 + times }));
      const asked = times % 2 === 0 ? "eventual" : `after=${sequence}`;
      const { body } = await ok("GET", `${cities}?consistency=${asked}`);
      assert.equal(body.visits, 100 + times);
    }
    await until("it is missed", async () => (await counted()).up === 0);
    assert.equal((await reads()).isUp, false);
    await standby.start();
    await inUse();
    assert.equal((await counted()).up, 1);
  });

  /** Groups below each other, people in them, and notes of the administrator that some may see. */
  async function newWorld() {
    const { body } = await ok("GET", "/api/v1/auth");
    const root = body.user.group as string;
    await ok("POST", "/api/v1/stores", { name: "notes" });
    const groups: string[] = [];
    for (const name of ["a", "b", "c"]) {
      const parent = groups.at(-1) ?? root;
      groups.push((await ok("POST", "/api/v1/groups", { name, parent })).body._id);
    }
    const people: { id: string; token: string }[] = [];
    for (const [at, group] of groups.entries()) people.push(await newPerson(`p${at}`, group));
    const notes: string[] = [];
    for (let at = 0; at < 12; at++) {
      const group = groups[at % 3];
      const note = await ok("POST", "/api/v1/notes", { round: -1, group });
      notes.push(note.body._id);
    }
    return { root, groups, people, notes };
  }

  /** A member of a group of its own. */
  async function newMember(): Promise<{ id: string; token: string }> {
    const { body } = await ok("GET", "/api/v1/auth");
    const group = await ok("POST", "/api/v1/groups", { name: "away", parent: body.user.group });
    return newPerson("ada", group.body._id);
  }

  async function newPerson(login: string, group: string): Promise<{ id: string; token: string }> {
    const roles = (await ok("GET", "/api/v1/roles")).body as { _id: string; name: string }[];
    const role = roles.find(({ name }) => name === "member")?._id;
    const made = await ok("POST", "/api/v1/users", { login, password, name: login, role, group });
    const signedIn = await ask("POST", "/api/v1/auth/token", { login, password });
    return { id: made.body._id, token: signedIn.body.token };
  }
});

interface Note {
  readonly _id: string;
  readonly round: number;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    assert(performance.now() < end, what);
    await sleep(20);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
