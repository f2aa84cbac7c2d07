/**
 * LOOKUP on Node's server, as sockets see it: wherever it stands, however it is cut, over TCP and
 * TLS. Each server echoes verb, path and body, so that answers tell their requests.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "../../test/self-signed.ts";
import { acceptLookup } from "./custom-verbs.ts";

const kinds = { tcp: () => listening(createServer(settings, echo)), tls: tlsServer } as const;

for (const [kind, start] of Object.entries(kinds)) {
  describe(`over ${kind}`, () => {
    let server: Server;
    before(async () => {
      server = await start();
    });
    after(() => server.close());
    const open = () => (kind === "tls" ? openTls(server) : openTcp(server));

    test("LOOKUP comes first, in the middle and last on one connection", async () => {
      const client = await open();
      for (const verb of ["LOOKUP", "GET", "LOOKUP", "LOOKUP", "POST", "GET", "LOOKUP"]) {
        client.socket.write(plain(verb, "/a", verb === "GET" ? "" : "body"));
        const [answer] = await client.answers(1);
        assert.equal(answer, echoed(verb, "/a", verb === "GET" ? "" : "body"));
      }
      client.socket.destroy();
    });

    test("pipelined with other verbs the answers come in order", async () => {
      const verbs = ["GET", "LOOKUP", "POST", "LOOKUP", "LOOKUP", "GET", "GET", "LOOKUP"];
      const client = await open();
      const path = (at: number) => (at % 3 === 0 ? `/slow/${at}` : `/${at}`);
      client.socket.write(verbs.map((verb, at) => plain(verb, path(at), `b${at}`)).join(""));
      const answers = await client.answers(verbs.length);
      assert.deepEqual(
        answers,
        verbs.map((verb, at) => echoed(verb, path(at), `b${at}`)),
      );
      client.socket.destroy();
    });

    test("split anywhere it is the same request, with a length and in chunks", async () => {
      for (const form of [plain, chunked]) {
        const text = plain("GET", "/1", "") + form("LOOKUP", "/2", '"x"') + form("POST", "/3", "y");
        await Promise.all(
          Array.from({ length: text.length - 1 }, async (_, at) => {
            const client = await open();
            client.socket.setNoDelay(true);
            client.socket.write(text.slice(0, at + 1));
            await sleep(20);
            client.socket.write(text.slice(at + 1));
            const expected = [
              echoed("GET", "/1", ""),
              echoed("LOOKUP", "/2", '"x"'),
              echoed("POST", "/3", "y"),
            ];
            assert.deepEqual(await client.answers(3), expected, `split after ${at + 1}`);
            client.socket.destroy();
          }),
        );
      }
    });

    test("byte for byte it is the same too", async () => {
      const client = await open();
      client.socket.setNoDelay(true);
      const text = chunked("LOOKUP", "/1", '"x"') + plain("LOOKUP", "/2", '"y"');
      for (const byte of text) {
        client.socket.write(byte);
        await sleep(1);
      }
      const expected = [echoed("LOOKUP", "/1", '"x"'), echoed("LOOKUP", "/2", '"y"')];
      assert.deepEqual(await client.answers(2), expected);
      client.socket.destroy();
    });

    test("500 of them go through one connection, one by one and all at once", async () => {
      const client = await open();
      for (let at = 0; at < 500; at++) {
        client.socket.write(plain("LOOKUP", `/${at}`, "k"));
        assert.deepEqual(await client.answers(1), [echoed("LOOKUP", `/${at}`, "k")]);
      }
      const all = Array.from({ length: 500 }, (_, at) => `/${at}`);
      client.socket.write(all.map((path) => plain("LOOKUP", path, "k")).join(""));
      const expected = all.map((path) => echoed("LOOKUP", path, "k"));
      assert.deepEqual(await client.answers(500), expected);
      client.socket.destroy();
    });

    test("a body of megabytes arrives whole", async () => {
      const client = await open();
      const body = "0123456789".repeat(1_100_000);
      client.socket.write(plain("LOOKUP", "/length", body));
      assert.deepEqual(await client.answers(1), ["LOOKUP /length 11000000"]);
      client.socket.write(plain("GET", "/after", ""));
      assert.deepEqual(await client.answers(1), [echoed("GET", "/after", "")]);
      client.socket.destroy();
    });

    test("the handler sees the address of the client", async () => {
      const client = await open();
      client.socket.write(plain("LOOKUP", "/address", ""));
      const { localPort } = client.socket;
      const isTls = kind === "tls";
      assert.deepEqual(await client.answers(1), [`127.0.0.1 ${localPort} ${isTls}`]);
      client.socket.destroy();
    });

    test("100 connections look up while 100 others read", async () => {
      const work = async (verb: string) => {
        const client = await open();
        for (let at = 0; at < 20; at++) {
          client.socket.write(plain(verb, `/${at}`, ""));
          assert.deepEqual(await client.answers(1), [echoed(verb, `/${at}`, "")]);
        }
        client.socket.destroy();
      };
      const verbs = Array.from({ length: 200 }, (_, at) => (at % 2 ? "GET" : "LOOKUP"));
      await Promise.all(verbs.map(work));
    });

    test("other unknown verbs are refused, also those that begin like LOOKUP", async () => {
      for (const other of ["LOOKED", "LOOP", "LOORCH", "LOOKUPS", "lookup", "FOO", "LOO"]) {
        for (const head of ["", "LOOKUP", "GET"]) {
          const client = await open();
          if (head !== "") client.socket.write(plain(head, "/", ""));
          await client.answers(head === "" ? 0 : 1);
          client.socket.write(plain(other, "/", ""));
          const refused = ["refused HPE_INVALID_METHOD"];
          assert.deepEqual(await client.answers(1), refused, `${head} ${other}`);
          client.socket.destroy();
        }
      }
    });

    test("a connection that is to close closes behind the answer, and no sooner", async () => {
      const client = await open();
      client.socket.write(plain("GET", "/1", "") + plain("LOOKUP", "/2", "", "Connection: close"));
      assert.deepEqual(await client.answers(2), [
        echoed("GET", "/1", ""),
        echoed("LOOKUP", "/2", ""),
      ]);
      await client.closed;
    });

    test("a client that goes away in the middle leaves no connection behind", async () => {
      for (const text of [
        "LO",
        "LOOK",
        plain("LOOKUP", "/slow", ""),
        `${plain("GET", "/slow", "")}LOOK`,
      ]) {
        const client = await open();
        client.socket.write(text);
        await sleep(10);
        client.socket.destroy();
      }
      for (let tries = 0; (await connections(server)) > 0; tries++) {
        assert.ok(tries < 3_000, "connections stay");
        await sleep(20);
      }
    });
  });
}

test("timeouts hold behind LOOKUP: of a head, of a body, and between requests", async () => {
  const server = await listening(createServer({ ...settings, ...impatient }, echo));
  server.keepAliveTimeout = 600;
  const lookup = plain("LOOKUP", "/1", "k");
  const cases = [
    [`${lookup}GET / HTTP/1.1\r\nHo`, ["refused ERR_HTTP_REQUEST_TIMEOUT"]],
    [`${lookup}LOO`, ["refused ERR_HTTP_REQUEST_TIMEOUT"]],
    [lookup.slice(0, -1), ["refused ERR_HTTP_REQUEST_TIMEOUT"]],
    [lookup, []],
  ] as const;
  const told = cases.map(async ([text, answers]) => {
    const client = await openTcp(server);
    client.socket.write(text);
    if (text.startsWith(lookup)) await client.answers(1);
    assert.deepEqual(await client.answers(answers.length), answers, JSON.stringify(text));
    await client.closed;
  });
  await Promise.all(told);
  server.close();
});

test("an answer slower than the time for a head is not cut by a LOOKUP behind it", async () => {
  const server = await listening(createServer({ ...settings, ...impatient }, echo));
  const client = await openTcp(server);
  client.socket.write(plain("GET", "/slowest", "") + plain("LOOKUP", "/2", "k"));
  const expected = [echoed("GET", "/slowest", ""), echoed("LOOKUP", "/2", "k")];
  assert.deepEqual(await client.answers(2), expected);
  client.socket.destroy();
  server.close();
});

test("closing the server ends idle connections that have used LOOKUP", async () => {
  const server = await listening(createServer(settings, echo));
  const client = await openTcp(server);
  client.socket.write(plain("LOOKUP", "/1", "k"));
  await client.answers(1);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await Promise.all([closed, client.closed]);
});

test("a long head is refused behind LOOKUP as before it", async () => {
  const server = await listening(createServer(settings, echo));
  const client = await openTcp(server);
  client.socket.write(plain("LOOKUP", "/1", "k"));
  await client.answers(1);
  client.socket.write(plain("LOOKUP", `/${"x".repeat(70_000)}`, "k"));
  assert.deepEqual(await client.answers(1), ["refused HPE_HEADER_OVERFLOW"]);
  client.socket.destroy();
  server.close();
});

const settings = { maxHeaderSize: 64 * 1024, requireHostHeader: false };
const impatient = { headersTimeout: 600, requestTimeout: 600, connectionsCheckingInterval: 30 };

function echo(request: IncomingMessage, response: ServerResponse): void {
  let body = "";
  request.setEncoding("latin1").on("data", (chunk) => {
    body += chunk;
  });
  request.on("error", () => response.destroy());
  request.on("end", () => void answer(request, response, body));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const { url = "" } = request;
  if (url.startsWith("/slow")) await sleep(url === "/slowest" ? 1_500 : 30);
  const { remoteAddress, remotePort } = request.socket;
  const isEncrypted = (request.socket as { encrypted?: boolean }).encrypted === true;
  const verb = request.method === "SEARCH" ? "LOOKUP" : request.method;
  response.end(
    url === "/address"
      ? `${remoteAddress} ${remotePort} ${isEncrypted}`
      : `${verb} ${url} ${url === "/length" ? body.length : body}`,
  );
}

function echoed(verb: string, path: string, body: string): string {
  return `${verb} ${path} ${body}`;
}

function plain(verb: string, path: string, body: string, ...more: string[]): string {
  const head = [`${verb} ${path} HTTP/1.1`, "Host: a", `Content-Length: ${body.length}`, ...more];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function chunked(verb: string, path: string, body: string): string {
  const head = `${verb} ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join("");
  return `${head}${chunks}0\r\n\r\n`;
}

async function listening(server: Server): Promise<Server> {
  acceptLookup(server, ({ code }, socket) => {
    if (!socket.writable) return void socket.destroy();
    const text = `refused ${code}`;
    const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: ${text.length}`;
    socket.end(`${head}\r\n\r\n${text}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** By a certificate of its own, made for this run. */
function tlsServer(): Promise<Server> {
  return listening(createTlsServer({ ...settings, ...selfSigned() }, echo));
}

interface Client {
  readonly socket: Socket;
  /** The texts of the next answers. */
  answers(count: number): Promise<string[]>;
  readonly closed: Promise<unknown>;
}

function openTcp(server: Server): Promise<Client> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  return new Promise((resolve) => socket.on("connect", () => resolve(clientOf(socket))));
}

function openTls(server: Server): Promise<Client> {
  const { port } = server.address() as AddressInfo;
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  return new Promise((resolve) => socket.on("secureConnect", () => resolve(clientOf(socket))));
}

function clientOf(socket: Socket): Client {
  let text = "";
  let check = () => {};
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
    check();
  });
  socket.on("error", () => socket.destroy());
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const take = (): string | undefined => {
    const head = text.indexOf("\r\n\r\n");
    if (head < 0) return undefined;
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head)) ?? [];
    const end = head + 4 + Number(length);
    if (text.length < end) return undefined;
    const body = text.slice(head + 4, end);
    text = text.slice(end);
    return body;
  };
  const answers = (count: number) =>
    new Promise<string[]>((resolve, reject) => {
      const got: string[] = [];
      const late = setTimeout(() => reject(new Error(`only ${JSON.stringify(got)}`)), 60_000);
      check = () => {
        for (let one = take(); one !== undefined && got.length < count; ) {
          got.push(one);
          one = got.length < count ? take() : undefined;
        }
        if (got.length < count) return;
        clearTimeout(late);
        resolve(got);
      };
      check();
    });
  return { socket, answers, closed };
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}
