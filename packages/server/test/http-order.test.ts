/** What one client sends over one connection takes effect in the order in which it was sent. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Stoa, startStoa } from "../src/app/wire.ts";

const count = 40;

describe("requests of one connection", () => {
  let folder: string;
  let stoa: Stoa;
  let token: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-order-"));
    const start = { host: "127.0.0.1", port: 0, data: folder, adminLogin: "admin" };
    stoa = await startStoa({ ...start, adminPassword: "correct horse" });
    const { services } = stoa;
    const attempt = { login: "admin", password: "correct horse", address: "127.0.0.1", agent: "" };
    token = (await services.sessions.signIn({ ...attempt, way: "token" })).secret;
    await ask("POST", "stores", { name: "notes" });
  });

  after(async () => {
    await stoa.close();
    await rm(folder, { recursive: true });
  });

  async function ask(method: string, path: string, body?: object) {
    const [answer] = await askAll([text(method, path, body)]);
    assert.ok(answer);
    return answer;
  }

  function text(method: string, path: string, body?: object): string {
    const sent = body ? JSON.stringify(body) : "";
    const type = body ? "Content-Type: application/json\r\n" : "";
    return (
      `${method} /api/v1/${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
      `${type}Content-Length: ${sent.length}\r\n\r\n${sent}`
    );
  }

  /** Groups one after the other over one connection, the requests of each all at once. */
  function askAll(...groups: readonly (readonly string[])[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(stoa.url).port), "127.0.0.1");
      const left = [...groups];
      let heard = "";
      let awaited = 0;
      const send = () => {
        const group = left.shift() ?? [];
        awaited += group.length;
        socket.write(group.join(""));
      };
      socket.setEncoding("utf8").on("error", reject);
      socket.on("close", () => reject(new Error(`closed after ${heard}`)));
      socket.on("data", (chunk: string) => {
        heard += chunk;
        const answers = answersIn(heard);
        if (answers.length < awaited) return;
        if (left.length > 0) return send();
        resolve(answers);
        socket.destroy();
      });
      send();
    });
  }

  test("that are sent without waiting are written one after the other", async () => {
    const { _id } = (await ask("POST", "notes", { n: 0 })).body;
    const patches = Array.from({ length: count }, (_, at) => {
      return text("PATCH", `notes/${_id}`, { n: at + 1, [`m${at}`]: at });
    });
    const answers = await askAll(patches);
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.n, Object.keys(body).includes("m0")]),
      patches.map((_, at) => [200, at + 1, true]),
    );
    assert.equal((await ask("GET", `notes/${_id}`)).body.n, count);
  });

  test("read what was sent before them to be written", async () => {
    const { _id } = (await ask("POST", "notes", { n: 0 })).body;
    const both = Array.from({ length: count }, (_, at) => [
      text("PATCH", `notes/${_id}`, { n: at + 1 }),
      text("GET", `notes/${_id}`),
    ]);
    const answers = await askAll([...both.flat(), text("DELETE", `notes/${_id}`)]);
    assert.deepEqual(
      answers.slice(0, -1).map(({ body }) => body.n),
      both.flatMap((_, at) => [at + 1, at + 1]),
    );
    assert.equal((await ask("GET", `notes/${_id}`)).status, 404);
  });

  test("may be sent both ways by turns", async () => {
    const { _id } = (await ask("POST", "notes", { n: 0 })).body;
    const patch = (n: number) => text("PATCH", `notes/${_id}`, { n });
    const get = text("GET", `notes/${_id}`);
    const groups = [[patch(1), get], [get], [patch(2)], [patch(3), get, get], [patch(4), get]];
    assert.deepEqual(
      (await askAll(...groups)).map(({ body }) => body.n),
      [1, 1, 1, 2, 3, 3, 3, 4, 4],
    );
  });

  test("that wait for each answer see what they have written, beside other writers", async () => {
    const write = async (first: number) => {
      for (let n = first; n < first + 20; n++) {
        const { _id } = (await ask("POST", "notes", { n })).body;
        assert.equal((await ask("PATCH", `notes/${_id}`, { n: -n })).body.n, -n);
        assert.equal((await ask("GET", `notes/${_id}`)).body.n, -n);
        assert.equal((await ask("DELETE", `notes/${_id}`)).status, 200);
        assert.equal((await ask("GET", `notes/${_id}`)).status, 404);
      }
    };
    await Promise.all([100, 200, 300, 400].map(write));
  });
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever came
  readonly body: any;
}

/** The whole answers at the front. */
function answersIn(heard: string): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; ; ) {
    const end = heard.indexOf("\r\n\r\n", at);
    if (end < 0) return answers;
    const head = heard.slice(at, end);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    if (heard.length < end + 4 + length) return answers;
    const body = heard.slice(end + 4, end + 4 + length);
    answers.push({ status: Number(head.slice(9, 12)), body: body ? JSON.parse(body) : null });
    at = end + 4 + length;
  }
}
