/** Changes that are followed through a proxy that takes WebSockets and passes nothing on. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { after, test } from "node:test";
import { StoaClient } from "../src/index.ts";
import { type City, citiesHouse } from "./cities.ts";

const { stoa, client: direct, cities } = await citiesHouse();
const swallowed: Duplex[] = [];
const url = await swallowingProxy();

async function swallowingProxy(): Promise<string> {
  const server = createServer((incoming, answer) => {
    const { method = "GET", headers, url: path = "/" } = incoming;
    const outgoing = request(stoa.url, { method, headers, path }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.on("upgrade", ({ headers }: IncomingMessage, socket: Duplex) => {
    swallowed.push(socket.on("error", () => {}));
    socket.resume();
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${acceptOf(headers["sec-websocket-key"] ?? "")}\r\n\r\n`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    for (const socket of swallowed) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** RFC 6455, 4.2.2. */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

test("changes come by polling where a WebSocket is swallowed", async () => {
  const client = new StoaClient({ url, token: direct.token, timeoutMs: 2_000 });
  after(() => client.close());
  const told: string[] = [];
  for await (const event of client.store<City>("cities").follow()) {
    if (event.kind === "begun") await cities.create({ name: "Delft" });
    if (event.kind !== "change") continue;
    told.push(event.entity?.name ?? "");
    break;
  }
  assert.deepEqual(told, ["Delft"]);
  assert.ok(swallowed.length > 0, "a WebSocket was tried");
});
