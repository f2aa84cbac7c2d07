/**
 * A reverse proxy that shows a server below a path of its own, as many stand before real ones.
 * Knows HTTP and upgrades; nothing of what goes through.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export interface PrefixProxy {
  /** `http://127.0.0.1:40123/tools/stoa` */
  readonly url: string;
  /** Paths that did not stand below the prefix. */
  readonly strays: readonly string[];
  /** From now on nothing of a socket gets through, until what this gives is called. */
  holdSockets(): () => void;
  close(): Promise<void>;
}

export async function prefixProxy(target: string, prefix: string): Promise<PrefixProxy> {
  const strays: string[] = [];
  let free = Promise.resolve();
  /** The same request to the server, without the prefix; the host stays as it was asked for. */
  const passed = (incoming: IncomingMessage) => {
    const path = incoming.url ?? "/";
    if (!path.startsWith(prefix)) strays.push(path);
    const { method, headers } = incoming;
    const options = { method, headers, path: path.slice(prefix.length) || "/" };
    return request(target, options as object);
  };
  const server = createServer(async (incoming, answer) => {
    if (incoming.url?.startsWith(`${prefix}/socket.io/`)) await free;
    const outgoing = passed(incoming);
    outgoing.on("response", (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  const sockets = new Set<Duplex>();
  server.on("upgrade", async (incoming: IncomingMessage, socket: Duplex, first: Buffer) => {
    sockets.add(socket);
    await free;
    const outgoing = passed(incoming);
    outgoing.on("upgrade", (response, upstream, answered) => {
      const { rawHeaders: raw } = response;
      const lines = raw.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${raw[at + 1]}`] : []));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      // What came in one piece with the headers belongs to what follows them.
      socket.write(answered);
      upstream.write(first);
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        sockets.add(from);
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
        from.pipe(to);
      }
    });
    outgoing.on("error", () => socket.destroy());
    outgoing.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => closeAll(server, sockets);
  const holdSockets = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    free = promise;
    return resolve;
  };
  return { url: `http://127.0.0.1:${port}${prefix}`, strays, holdSockets, close };
}

async function closeAll(server: Server, sockets: ReadonlySet<Duplex>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
