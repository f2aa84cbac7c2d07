/**
 * LOOKUP as a method of a `node:http` or `node:https` server. Node's parser refuses what it does
 * not know; the rest of such a connection is handed to the server once more, as a stream in which
 * the verb reads SEARCH. Knows sockets and the names of Node's own listeners, nothing of routes.
 * Why so, and what it cannot tell: docs/decisions/0011-lookup-on-node.md.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** What Node says of bytes that are no request. */
export type ClientError = Error & {
  readonly code?: string;
  /** The bytes that were being parsed. */
  readonly rawPacket?: Buffer;
  /** How many of them were good. */
  readonly bytesParsed?: number;
};

type ClientSocket = Duplex & {
  /** The answer that is being written; further ones wait behind it. */
  readonly _httpMessage?: ServerResponse | null;
};

/**
 * Makes the server take LOOKUP wherever it takes SEARCH: as any request of a connection, pipelined
 * or not, in whatever pieces it comes. Answers keep their order, and limits, timeouts and addresses
 * are those of the connection. Connections without LOOKUP never come here.
 * @param otherwise is told of every other fault; it answers or destroys.
 */
export function acceptLookup(
  server: Server,
  otherwise: (error: ClientError, socket: Duplex) => void,
): void {
  server.on("clientError", (error: ClientError, socket: ClientSocket) => {
    const line = lines.get(socket);
    if (line?.isWaiting && error.code === "ERR_HTTP_REQUEST_TIMEOUT") return;
    const rest = restAfterRefusal(error);
    const isGone = socket.destroyed || !socket.writable;
    if (isGone || !rest) otherwise(error, socket);
    else (line ?? new Line(server, socket as Socket)).takeOver(socket, rest);
  });
}

/** Connections that have been taken over: by the socket, and by each stream that stands for it. */
const lines = new WeakMap<Duplex, Line>();

/**
 * What follows the "LO" of a verb that may be LOOKUP, its third byte first; undefined for any
 * other fault. The parser gives up at the third byte, since it knows LOCK; the first two may have
 * come in packets before.
 */
function restAfterRefusal({ code, rawPacket, bytesParsed }: ClientError): Buffer | undefined {
  if (code !== "HPE_INVALID_METHOD" || !rawPacket || bytesParsed === undefined) return undefined;
  const seen = rawPacket.subarray(Math.max(0, bytesParsed - 2), bytesParsed).toString("latin1");
  if (!"LO".endsWith(seen) || rawPacket[bytesParsed] !== verb.charCodeAt(2)) return undefined;
  return rawPacket.subarray(bytesParsed);
}

const verb = "LOOKUP ";
const knownVerb = "SEARCH ";
/** Stands in for what is another verb after all: no method has it, so the parser refuses again. */
const noVerb = "!".charCodeAt(0);

/** A connection that has used LOOKUP. One stream after the other stands for it. */
class Line {
  /** The verb has been refused, and an answer before it is still being written. */
  isWaiting = false;
  readonly #server: Server;
  readonly #socket: Socket;
  /** What parses now: first the socket itself, then streams. */
  #current: Duplex;
  #unread: Buffer[] = [];
  #hasEnded = false;
  /** How much of the verb has been rewritten. */
  #verbBytes = verb.length;

  constructor(server: Server, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.#current = socket;
    lines.set(socket, this);
    seize(socket);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#current.destroy());
    socket.on("timeout", () => {
      if (this.#current !== socket) this.#current.emit("timeout");
    });
    socket.on("error", (error: Error) => {
      if (this.#current !== socket) this.#current.destroy(error);
    });
  }

  /** The parser of `from` has given up: what follows goes to a new one, once all is answered. */
  takeOver(from: ClientSocket, rest: Buffer): void {
    this.isWaiting = true;
    this.#socket.pause();
    this.#unread = [rest, ...drained(from, this.#socket), ...this.#unread];
    // Not at once: the parser that has given up is still on the stack.
    whenAnswered(from, () => process.nextTick(() => this.#continue(from)));
  }

  /** Whether writing and destroying go through to the socket. */
  isCurrent(stream: Duplex): boolean {
    return this.#current === stream;
  }

  #continue(from: Duplex): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const stream = new LineStream(this, this.#socket);
    lines.set(stream, this);
    this.#current = stream;
    if (from === this.#socket) release(this.#socket);
    else from.destroy();
    this.#socket.setTimeout(this.#server.timeout);
    // A server for TLS takes what is decrypted by this name.
    const isEncrypted = (this.#socket as { encrypted?: boolean }).encrypted === true;
    this.#server.emit(isEncrypted ? "secureConnection" : "connection", stream);
    this.isWaiting = false;
    this.#verbBytes = 0;
    const unread = this.#unread;
    this.#unread = [];
    for (const chunk of [Buffer.from(verb.slice(0, 2)), ...unread]) this.#receive(chunk);
    if (this.#hasEnded) this.#end();
  }

  #receive(chunk: Buffer): void {
    if (this.isWaiting) {
      this.#unread.push(chunk);
      this.#socket.pause();
    } else if (!this.#current.push(this.#rewritten(chunk))) {
      this.#socket.pause();
    }
  }

  #end(): void {
    this.#hasEnded = true;
    if (!this.isWaiting) this.#current.push(null);
  }

  /** SEARCH for as much of LOOKUP as has come. */
  #rewritten(chunk: Buffer): Buffer {
    if (this.#verbBytes === verb.length) return chunk;
    const copy = Buffer.from(chunk);
    for (let at = 0; at < copy.length && this.#verbBytes < verb.length; at++) {
      const isVerb = copy[at] === verb.charCodeAt(this.#verbBytes);
      copy[at] = isVerb ? knownVerb.charCodeAt(this.#verbBytes) : noVerb;
      this.#verbBytes = isVerb ? this.#verbBytes + 1 : verb.length;
    }
    return copy;
  }
}

/** Stands for the connection from one LOOKUP to the next. */
class LineStream extends Duplex {
  readonly #line: Line;
  readonly #socket: Socket;

  constructor(line: Line, socket: Socket) {
    super({ allowHalfOpen: true });
    this.#line = line;
    this.#socket = socket;
  }

  get remoteAddress() {
    return this.#socket.remoteAddress;
  }
  get remotePort() {
    return this.#socket.remotePort;
  }
  get remoteFamily() {
    return this.#socket.remoteFamily;
  }
  get localAddress() {
    return this.#socket.localAddress;
  }
  get localPort() {
    return this.#socket.localPort;
  }
  get encrypted(): boolean {
    return (this.#socket as { encrypted?: boolean }).encrypted === true;
  }

  /** Past it the stream emits `timeout`, as a socket does. */
  setTimeout(ms: number, listener?: () => void): this {
    this.#socket.setTimeout(ms);
    if (listener) this.once("timeout", listener);
    return this;
  }

  setNoDelay(isOn?: boolean): this {
    this.#socket.setNoDelay(isOn);
    return this;
  }

  setKeepAlive(isOn?: boolean, initialDelayMs?: number): this {
    this.#socket.setKeepAlive(isOn, initialDelayMs);
    return this;
  }

  /** Ends, and closes once everything is written; Node does so after `Connection: close`. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    if (this.#line.isCurrent(this) && !this.#line.isWaiting) this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    if (this.#line.isCurrent(this)) this.#socket.write(chunk, encoding, done);
    else done();
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.cork();
    const last = chunks.length - 1;
    for (const [at, { chunk, encoding }] of chunks.entries()) {
      this._write(chunk, encoding, at === last ? done : ignore);
    }
    this.#socket.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#line.isCurrent(this) && this.#socket.writable) this.#socket.end(() => done());
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#line.isCurrent(this)) this.#socket.destroy();
    done(error);
  }
}

function ignore(): void {}

/** Takes reading away from Node's parser, which has no more use for bytes. */
function seize(socket: Socket): void {
  // Adding a listener of this name makes Node give up reading below the streams.
  socket.on("data", ignore);
  for (const listener of socket.listeners("data")) socket.off("data", listener as () => void);
  removeNamed(socket, "end", "bound socketOnEnd");
}

/** Frees the parser of a socket, and takes off what Node has put on it, once all is answered. */
function release(socket: Socket): void {
  for (const close of removeNamed(socket, "close", "bound socketOnClose")) close();
  removeNamed(socket, "drain", "bound socketOnDrain");
  removeNamed(socket, "timeout", "socketOnTimeout");
  removeNamed(socket, "resume", "onSocketResume");
  removeNamed(socket, "pause", "onSocketPause");
}

function removeNamed(socket: Socket, event: string, name: string): (() => void)[] {
  const found = socket.listeners(event).filter((listener) => listener.name === name);
  for (const listener of found) socket.off(event, listener as () => void);
  return found as (() => void)[];
}

/** What a stream has taken in and not yet handed to its parser. */
function drained(from: Duplex, socket: Socket): Buffer[] {
  if (from === socket) return [];
  from.removeAllListeners("data");
  from.pause();
  const chunks: Buffer[] = [];
  for (let chunk = from.read(); chunk !== null; chunk = from.read()) chunks.push(chunk as Buffer);
  return chunks;
}

/** Calls when no answer is being written and none waits; never, if the connection ends before. */
function whenAnswered(socket: ClientSocket, then: () => void): void {
  const message = socket._httpMessage;
  if (!message) then();
  // Node's own listener comes first, and puts the next answer in place.
  else message.once("finish", () => whenAnswered(socket, then));
}
