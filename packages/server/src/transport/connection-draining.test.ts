/** Connections that are to be made anew: who is told so, and that nothing is lost on the way. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionDraining } from "./connection-draining.ts";
import { createHttpListener } from "./http-listener.ts";
import { upgradeDoors } from "./upgrade.ts";

describe("connections that are to be made anew", () => {
  let draining: ConnectionDraining;
  let server: Server;
  let port: number;
  let asked: string[];
  let slow: PromiseWithResolvers<void>;
  let opened: Client[];

  beforeEach(async () => {
    [asked, opened, slow] = [[], [], Promise.withResolvers()];
    draining = new ConnectionDraining();
    const doors = upgradeDoors([], () => "none");
    const handle = async (url: string, answer: (text: string) => void) => {
      asked.push(url);
      if (url === "/slow") await slow.promise;
      answer(url);
    };
    server = createHttpListener(
      ({ url = "" }, response) => void handle(url, (text) => response.end(text)),
      doors,
      draining,
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => {
    for (const client of opened) client.socket.destroy();
    server.close();
  });

  async function client(): Promise<Client> {
    const one = new Client(port);
    opened.push(one);
    await once(one.socket, "connect");
    return one;
  }

  const clients = (count: number) => Promise.all(Array.from({ length: count }, client));
  const closing = async (ones: readonly Client[]) => {
    const answers = await Promise.all(ones.map((one) => one.ask("/")));
    return answers.filter((answer) => /^connection: close\r$/im.test(answer)).length;
  };

  it("are as many of those that were open as was said, each with its next answer", async () => {
    const ones = await clients(20);
    assert.equal(await closing(ones), 0);
    draining.shed(0.75);
    const late = await clients(8);
    assert.equal(await closing(late), 0, "these have just been made");
    assert.equal(await closing(ones), 15);
    await Promise.all(ones.map((one) => one.isOver && once(one.socket, "close")));
    const left = ones.filter(({ socket }) => !socket.destroyed && socket.readyState === "open");
    assert.equal(left.length, 5);
    assert.equal(await closing([...left, ...late]), 0, "those that were not told stay");
    assert.equal(asked.length, 20 + 8 + 20 + 13);
  });

  it("are answered no more behind that answer", async () => {
    const one = await client();
    draining.shed(1);
    one.send("/first", "/second", "/third");
    await once(one.socket, "close");
    assert.deepEqual(asked, ["/first"]);
    assert.match(one.text, /connection: close[\s\S]*\/first$/i);
  });

  it("all go when a process leaves: used, slow and idle ones, and none is taken", async () => {
    const [used, busy, idle] = (await clients(3)) as [Client, Client, Client];
    const answer = busy.ask("/slow");
    while (asked.length === 0) await sleep(1);
    let hasLeft = false;
    const leaving = draining
      .leave(() => undefined)
      .then(() => {
        hasLeft = true;
      });
    await assert.rejects(client(), { code: "ECONNREFUSED" });
    assert.match(await used.ask("/used"), /connection: close/i);
    await once(idle.socket, "close");
    assert.equal(hasLeft, false, "one is not answered yet");
    slow.resolve();
    assert.match(await answer, /\/slow$/);
    await leaving;
    assert.deepEqual(asked, ["/slow", "/used"]);
  });
});

/** A connection as bytes. */
class Client {
  readonly socket: Socket;
  text = "";
  isOver = false;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (data: Buffer) => {
      this.text += data.toString();
      this.isOver ||= /connection: close/i.test(this.text);
    });
    // Whoever is refused hears of it by waiting for the connection.
    this.socket.on("error", () => undefined);
  }

  send(...paths: readonly string[]): void {
    const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: stoa\r\n\r\n`);
    this.socket.write(requests.join(""));
  }

  /** The answer to one request. */
  async ask(path: string): Promise<string> {
    this.text = "";
    this.send(path);
    while (!this.text.endsWith(path)) await once(this.socket, "data");
    return this.text;
  }
}
