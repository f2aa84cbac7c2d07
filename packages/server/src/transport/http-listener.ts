/**
 * The server under the framework: bounds, the method override, and faults of the protocol, all
 * before any route. Knows sockets and no services.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { respondProblem } from "./answer.ts";
import type { ConnectionDraining } from "./connection-draining.ts";
import { acceptLookup, type ClientError } from "./custom-verbs.ts";
import { headArrivalMsMax, headBytesMax, keepAliveMs, requestArrivalMsMax } from "./http-bounds.ts";
import { type Problem, rawProblem } from "./problem.ts";
import { protocolProblemAt } from "./problem-at.ts";
import type { UpgradeDoors } from "./upgrade.ts";

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that hands on what is HTTP and answers the rest itself, in the one form of errors. */
export function createHttpListener(
  handle: RequestListener,
  doors: UpgradeDoors,
  draining: ConnectionDraining,
): Server {
  const listener = inOrder(draining, (request, response) => {
    draining.answer(request, response);
    const fault = prepare(request);
    if (fault) respondProblem(response, protocolProblemAt(request.url, fault));
    else if (!doors.request(request, response)) handle(request, response);
  });
  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      headersTimeout: headArrivalMsMax,
      requestTimeout: requestArrivalMsMax,
      keepAliveTimeout: keepAliveMs,
      // Node's own refusal has no body; ours has.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => doors.isUpgrade(request),
    },
    listener,
  );
  doors.listen(server);
  draining.watch(server);
  acceptLookup(server, onClientError);
  // An expectation that nobody knows changes nothing; Node's own refusal has no body.
  server.on("checkExpectation", listener);
  server.on("connect", ({ url }, socket) => refuse(socket, protocolProblemAt(url, "CONNECT")));
  return server;
}

/**
 * Lets a request that was sent without waiting for the answer before it begin when that is sent:
 * what one connection asks for takes effect in the order in which it was asked.
 */
function inOrder(draining: ConnectionDraining, listener: RequestListener): RequestListener {
  const lasts = new WeakMap<Duplex, ServerResponse>();
  return (request, response) => {
    // Node gives the connection to one answer at a time.
    if (response.socket) return listener(request, response);
    const { socket } = request;
    const last = lasts.get(socket);
    const before = last && !last.closed ? last : answerOf(socket);
    lasts.set(socket, response);
    if (!before) return listener(request, response);
    before.once("close", () => {
      if (!socket.destroyed && !draining.isTold(socket)) listener(request, response);
    });
  };
}

/**
 * Takes `X-HTTP-Method-Override` for the method. LOOKUP is SEARCH inside: Node's parser knows no
 * LOOKUP.
 */
function prepare(request: IncomingMessage): "HOST" | "OVERRIDE" | undefined {
  const { headers } = request;
  if (headers.host === undefined && request.httpVersionMinor === 1) return "HOST";
  const override = headers["x-http-method-override"];
  if (override === undefined) return undefined;
  const method = overrides.get(String(override).trim().toUpperCase());
  if (method === undefined || request.method !== "POST") return "OVERRIDE";
  request.method = method;
  return undefined;
}

const overrides: ReadonlyMap<string, string> = new Map([
  ["POST", "POST"],
  ["PATCH", "PATCH"],
  ["DELETE", "DELETE"],
  ["LOOKUP", "SEARCH"],
]);

function onClientError(error: ClientError, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  refuse(socket, protocolProblemAt(targetOf(error, socket), error.code));
}

/** The path of a request that failed on the way, as far as it can be told; else undefined. */
function targetOf({ rawPacket, bytesParsed = 0 }: ClientError, socket: Duplex): string | undefined {
  const { parser } = socket as { parser?: { incoming?: IncomingMessage | null } | null };
  if (parser?.incoming) return parser.incoming.url;
  const text = rawPacket?.toString("latin1") ?? "";
  const end = text.lastIndexOf("\r\n\r\n", bytesParsed);
  return /^\s*[!-~]+ (\/[!-~]*)/.exec(end < 0 ? text : text.slice(end + 4))?.[1];
}

/** Whether part of an answer has been sent already: more words would garble it. */
function isAnswering(socket: Duplex): boolean {
  return answerOf(socket)?.headersSent === true;
}

/** The answer that the connection is given to. */
function answerOf(socket: Duplex): ServerResponse | null | undefined {
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage;
}

function refuse(socket: Duplex, problem: Problem): void {
  socket.on("error", () => socket.destroy());
  socket.end(rawProblem(problem));
}
