/**
 * The limit of HTTP: a bare `node:http` that answers everything with the same ready text, and
 * parses the bodies that it is sent. A process of its own; must not know Stoa.
 */
import { createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What it answers from now on. */
export interface BareAnswer {
  readonly text: string;
  readonly headers: OutgoingHttpHeaders;
}

let answer: BareAnswer = { text: "", headers: {} };

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.writeHead(200, answer.headers);
    response.end(answer.text);
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString());
    response.writeHead(200, answer.headers);
    response.end(answer.text);
  });
});
server.keepAliveTimeout = 72_000;
process.on("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.on("message", (message: BareAnswer) => {
    answer = message;
    process.send?.({ url: `http://127.0.0.1:${port}` });
  });
});
