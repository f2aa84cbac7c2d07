/**
 * Several processes and sockets: who is connected to one of them hears what is written through
 * another, and rights that change there hold here at once.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BareSocket, until } from "../packages/server/test/socket-client.ts";
import { Connection } from "./connection.ts";
import { Program } from "./program.ts";

/** Though mostly is written. */
const all = ["--workers-mode", "all"];
const password = "correct horse";

/** What one process is asked through, and a socket that it serves. */
interface Way {
  readonly admin: Connection;
  readonly socket: BareSocket;
}

describe("of two workers", () => {
  let folder = "";
  let program: Program;
  let url = "";
  let adminToken = "";
  let annToken = "";
  const people = { ann: "", role: "", group: "", other: "" };
  const opened: { close(): void }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-workers-sockets-"));
    const args = ["--data", folder, "--port", "0", "--workers", "2", ...all];
    program = Program.node(args, { STOA_ADMIN_PASSWORD: password, STOA_LOG: "error" });
    url = await program.ready();
    adminToken = await program.signIn(password);
    const admin = new Connection(url, adminToken);
    opened.push(admin);
    const make = async (store: string, body: object) => {
      const made = await admin.ask("POST", `/api/v1/${store}`, body);
      assert.equal(made.status, 200, made.text);
      return made.body._id;
    };
    await make("stores", { name: "notes" });
    const [root] = JSON.parse((await admin.ask("GET", "/api/v1/groups")).text) as { _id: string }[];
    people.group = await make("groups", { name: "own", parent: root?._id });
    people.other = await make("groups", { name: "other", parent: root?._id });
    people.role = await make("roles", { name: "looker", credentials: ["GET *"] });
    const { role, group } = people;
    people.ann = await make("users", { login: "ann", password, role, group });
    const body = { login: "ann", password };
    annToken = String((await admin.ask("POST", "/api/v1/auth/token", body)).body["token"]);
  });

  after(async () => {
    for (const one of opened) one.close();
    assert.equal(await program.stop("SIGTERM"), 0);
    await rm(folder, { recursive: true });
    assert.equal(program.errors, "");
  });

  /** Through each process, while the other one is stopped, so that none else can take it. */
  async function ways(path = "/events/stream?store=notes"): Promise<[Way, Way]> {
    const [left = 0, right = 0] = program.children();
    const through = async (stopped: number): Promise<Way> => {
      process.kill(stopped, "SIGSTOP");
      try {
        const admin = new Connection(url, adminToken);
        const headers = { authorization: `Bearer ${annToken}` };
        const socket = new BareSocket(url.replace("http", "ws") + path, headers);
        opened.push(admin, socket);
        await socket.opened();
        assert.equal((await admin.ask("GET", "/api/v1/notes")).status, 200);
        return { admin, socket };
      } finally {
        process.kill(stopped, "SIGCONT");
      }
    };
    return [await through(right), await through(left)];
  }

  async function asked(way: Way, method: string, path: string, body: object): Promise<string> {
    const answer = await way.admin.ask(method, `/api/v1/${path}`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body._id;
  }

  function heard({ socket }: Way, event: string): Promise<string> {
    return socket.next((frame) => JSON.parse(frame).event === event);
  }

  test("each tells its sockets what is written through the other", async () => {
    const [left, right] = await ways();
    for (const [from, to] of [[left, right] as const, [right, left] as const]) {
      const id = await asked(from, "POST", "notes", { group: people.group, text: "hello" });
      for (const way of [to, from]) {
        const { _oid, data } = JSON.parse(await heard(way, "notes-insert"));
        assert.deepEqual([_oid, data.text], [id, "hello"]);
      }
    }
    assert.deepEqual([left.socket.frames, right.socket.frames], [[], []]);
  });

  test("each tells in order, once, what is written through both at the same time", async () => {
    const [left, right] = await ways();
    const writes = Array.from({ length: 60 }, (_, n) => {
      return asked(n % 2 === 0 ? left : right, "POST", "notes", { group: people.group, n });
    });
    const ids = new Set(await Promise.all(writes));
    for (const { socket } of [left, right]) {
      await until(() => socket.frames.length >= 60, "all changes are told");
      const frames = socket.frames.splice(0).map((frame) => JSON.parse(frame));
      assert.deepEqual(new Set(frames.map(({ _oid }) => _oid)), ids);
      const numbers = frames.map(({ _msgid }) => Number(_msgid));
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }
  });

  test("a group that is taken away through one is out of sight through the other", async () => {
    const [left, right] = await ways();
    const { ann, group, other } = people;
    const moved = await asked(left, "POST", `users/${ann}/transfer`, { group: other });
    assert.equal(moved, ann);
    await asked(left, "POST", "notes", { group, text: "not for her" });
    const seen = await asked(left, "POST", "notes", { group: other, text: "for her" });
    assert.equal(JSON.parse(await heard(right, "notes-insert"))._oid, seen);
    assert.ok(!right.socket.frames.some((frame) => frame.includes("not for her")));
    await asked(right, "POST", `users/${ann}/transfer`, { group });
  });

  test("a role that loses the store through one ends what is told at the other", async () => {
    const [left, right] = await ways();
    await asked(left, "PATCH", `roles/${people.role}`, { credentials: ["GET others"] });
    const { data } = JSON.parse(await heard(right, "end"));
    assert.deepEqual(data.tags, ["error_credentials", "error_forbidden"]);
    await asked(right, "PATCH", `roles/${people.role}`, { credentials: ["GET *"] });
  });

  test("a person who is disabled through one is cut off at the other", async () => {
    const [left, right] = await ways();
    await asked(left, "PATCH", `users/${people.ann}`, { disabled: true });
    const { code } = await right.socket.end();
    assert.equal(code, 4401);
  });

  test("both refuse polling of Socket.IO, and say what to do", async () => {
    for (const protocol of [3, 4]) {
      const answer = await fetch(`${url}/socket.io/?EIO=${protocol}&transport=polling`, {
        headers: { authorization: `Bearer ${adminToken}` },
      });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /must be websocket: this server runs several processes/);
    }
    const path = "/socket.io/?EIO=3&transport=websocket";
    const headers = { authorization: `Bearer ${adminToken}` };
    const socket = new BareSocket(url.replace("http", "ws") + path, headers);
    opened.push(socket);
    assert.match(await socket.next(), /^0\{"sid":/);
  });
});
