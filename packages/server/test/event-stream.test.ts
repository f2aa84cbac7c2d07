/**
 * Changes over the plain WebSocket, as server-sent events and as pages of JSON: what comes, from
 * where on, for whom, and how it ends.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createWorld, password, testRows } from "./api-table.ts";
import { BareSocket, until, withinSecond } from "./socket-client.ts";

const world = await createWorld();
const address = world.url.replace("http", "ws");
const bearer = { authorization: `Bearer ${world.tokenOf("ada")}` };
const open: { close(): void }[] = [];
after(() => {
  for (const one of open) one.close();
});

function stream(path: string, headers: Record<string, string> = bearer): BareSocket {
  const socket = new BareSocket(address + path, headers);
  open.push(socket);
  return socket;
}

async function nextSequence(): Promise<number> {
  return (await world.send({ as: "admin", url: "/api/v1/changes?since=0" })).json.next;
}

async function patch(name: string, body: object): Promise<void> {
  const url = `/api/v1/cities/${world.ids[name]}`;
  assert.equal((await world.send({ as: "ada", method: "PATCH", url, body })).status, 200);
}

for (const path of ["/events/stream", "/api/v1/events/stream", "//events//stream/"]) {
  test(`${path} sends a frame for each change`, async () => {
    const since = await nextSequence();
    const socket = stream(`${path}?since=${since}`);
    await patch("delft", { path });
    const frame = JSON.parse(await socket.next());
    assert.deepEqual(Object.keys(frame), ["_msgid", "_oid", "_gid", "event", "time", "data"]);
    assert.equal(frame._msgid, String(since + 1));
    assert.equal(frame._oid, world.ids["delft"]);
    assert.equal(frame._gid, world.ids["north"]);
    assert.equal(frame.event, "cities-update");
    assert.equal(frame.data.path, path);
  });
}

test("a stream is narrowed by store, event and id", async () => {
  const since = await nextSequence();
  const byId = stream(`/events/stream?where._oid=${world.ids["gouda"]}&since=${since}`);
  const byEvent = stream(`/events/stream?where.event=cities-insert&since=${since}`);
  const byStore = stream(`/events/stream?store=cities&since=${since}`);
  await patch("delft", { n: 1 });
  await patch("gouda", { n: 2 });
  await world.send({ as: "ada", method: "POST", url: "/api/v1/cities", body: { n: 3 } });
  assert.equal(JSON.parse(await byId.next()).data.n, 2);
  assert.equal(JSON.parse(await byEvent.next()).data.n, 3);
  for (const n of [1, 2, 3]) assert.equal(JSON.parse(await byStore.next()).data.n, n);
  assert.deepEqual([byId.frames, byEvent.frames, byStore.frames], [[], [], []]);
});

test("a stream tells nobody of what one may not see", async () => {
  const since = await nextSequence();
  const headers = { authorization: `Bearer ${world.tokenOf("bob")}` };
  const socket = stream(`/events/stream?since=${since}`, headers);
  await patch("delft", { secret: 1 });
  const url = `/api/v1/cities/${world.ids["lima"]}`;
  await world.send({ as: "bob", method: "PATCH", url, body: { n: 1 } });
  assert.equal(JSON.parse(await socket.next())._oid, world.ids["lima"]);
});

test("a stream that asks for what is no longer told gets a gap", async () => {
  const socket = stream("/events/stream?since=999999999");
  assert.equal(JSON.parse(await socket.next()).event, "gap");
});

test("before the upgrade, refusals come as JSON", async () => {
  const rows: [path: string, headers: Record<string, string>, status: number][] = [
    ["/events/stream", {}, 401],
    ["/events/stream", { ...bearer, origin: "https://evil.example" }, 403],
    ["/events/stream?store=roles", bearer, 403],
    ["/events/stream?store=towns", bearer, 404],
    ["/events/stream?since=now", bearer, 400],
  ];
  for (const [path, headers, status] of rows) {
    const refused = await stream(path, headers).refusal();
    assert.equal(refused.status, status, refused.text);
    assert.match(refused.type, /^application\/json/);
  }
});

test("without an upgrade a stream says that it is a WebSocket", async () => {
  for (const path of ["/events/stream", "/api/v1//events/stream?store=cities"]) {
    for (const method of ["GET", "POST"]) {
      const { status, headers, json } = await world.send({ as: "ada", method, url: path });
      assert.deepEqual([status, headers["upgrade"]], [426, "websocket"], path);
      assert.deepEqual([json.success, json.code, json.tags], [false, "426", ["error_upgrade"]]);
    }
  }
});

class Events {
  text = "";
  isOver = false;
  readonly #controller = new AbortController();

  static async open(query = "", headers: Record<string, string> = bearer): Promise<Events> {
    const events = new Events();
    open.push(events);
    const { signal } = events.#controller;
    const all = { accept: "text/event-stream", ...headers };
    const response = await fetch(`${world.url}/api/v1/changes${query}`, { headers: all, signal });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    void events.#read(response);
    return events;
  }

  close(): void {
    this.#controller.abort();
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) this.text += decoder.decode(chunk);
    } catch {
      // The test has closed it.
    }
    this.isOver = true;
  }
}

test("server-sent events carry the sequence as their id, and resume by it", async () => {
  const since = await nextSequence();
  const first = await Events.open(`?since=${since}`);
  await patch("delft", { n: 10 });
  await until(() => first.text.includes('"n":10'), "the first event");
  const [, id] = /^id: (\d+)$/m.exec(first.text) ?? [];
  assert.equal(id, String(since + 1));
  assert.match(first.text, /^event: change$/m);
  first.close();
  await patch("delft", { n: 11 });
  const second = await Events.open("", { ...bearer, "last-event-id": String(id) });
  await until(() => second.text.includes('"n":11'), "what was missed");
  assert.ok(!second.text.includes('"n":10'), "and nothing twice");
});

test("server-sent events take the token from the URL, and pages do not", async () => {
  const query = `?accessToken=${world.tokenOf("ada")}`;
  assert.ok(await Events.open(query, {}));
  assert.equal((await world.send({ url: `/api/v1/changes${query}` })).status, 401);
});

test("a stream and its events end within a second of their session", async () => {
  const signIn = { method: "POST", url: "/api/v1/auth", body: { login: "ada", password } };
  const { headers } = await world.send(signIn);
  const cookie = String(headers["set-cookie"]).split(";", 1)[0] ?? "";
  const socket = stream("/events/stream", { cookie });
  const events = await Events.open("", { cookie });
  await socket.opened();
  const out = { method: "DELETE", url: "/api/v1/auth", headers: { cookie } };
  assert.equal((await world.send(out)).status, 200);
  await withinSecond(() => socket.closed !== null && events.isOver, "the end of both");
  assert.deepEqual(socket.closed, { code: 4401, reason: "unauthorized" });
  assert.match(events.text, /^event: unauthorized$/m);
});

testRows(world, [
  {
    name: "changes come as pages of JSON",
    as: "ada",
    url: "/api/v1/changes?store=cities&limit=1",
    status: 200,
    json: { success: true, changes: [{ op: "insert", store: "cities", id: "{delft}" }] },
  },
  {
    name: "changes of a store need GET on it",
    as: "ada",
    url: "/api/v1/changes?store=roles",
    status: 403,
  },
  { name: "changes of no store", as: "ada", url: "/api/v1/changes?store=towns", status: 404 },
  { name: "changes for nobody", url: "/api/v1/changes", status: 401 },
  { name: "a page too large", as: "ada", url: "/api/v1/changes?limit=10001", status: 400 },
  { name: "a since that is none", as: "ada", url: "/api/v1/changes?since=-1", status: 400 },
  {
    name: "a sequence that has not come yet",
    as: "ada",
    url: "/api/v1/changes?since=99999999",
    status: 200,
    json: { success: true, gap: true, changes: [] },
  },
  { name: "changes are only read", as: "ada", method: "POST", url: "/api/v1/changes", status: 405 },
]);

test("pages lead to the end, and hold each change once", async () => {
  const seen: number[] = [];
  let since = 0;
  for (;;) {
    const url = `/api/v1/changes?store=cities&limit=3&since=${since}`;
    const { changes, next } = (await world.send({ as: "ada", url })).json;
    if (next === since) break;
    seen.push(...changes.map(({ seq }: { seq: number }) => seq));
    since = next;
  }
  assert.ok(seen.length > 5);
  assert.deepEqual(
    seen,
    [...new Set(seen)].toSorted((a, b) => a - b),
  );
});
