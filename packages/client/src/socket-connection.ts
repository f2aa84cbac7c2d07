/**
 * One Socket.IO connection of a client: opened when it is first needed, coming back by itself, with
 * its calls and what was refused. Knows the protocol; no call by its meaning.
 */
import { type Json, limit, StoaError } from "@stoa/domain";
import { io, type Socket } from "socket.io-client";
import type { Credentials } from "./credentials.ts";
import { errorOf, unreachable } from "./error-answer.ts";

export interface SocketOptions {
  /** With the prefix below which Stoa stands, if any. */
  readonly url: string;
  readonly credentials: Credentials;
  /** Of the handshake; a browser sends none of them. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long a call may take, connecting included. */
  readonly timeoutMs: number;
  /** Stays open though nobody listens: calls go by it. */
  readonly isKept: boolean;
}

/** What a call was answered: the value, and for a whole entity its version. */
export interface CallAnswer {
  readonly value: Json;
  readonly etag: string | null;
  /** Of a write: the number of a change that is not before its own. */
  readonly sequence: number | null;
}

/** Somebody who stays to hear what the server says by itself. */
export interface SocketListener {
  /** A connection is there, the first one or a later one. */
  connected(): void;
  /** It is gone and will come back. */
  lost(): void;
  /** Who speaks has changed: what was told was told to somebody else. */
  renewed(): void;
  /** It is refused, or ended by the server, and does not come back by itself. */
  ended(error: StoaError): void;
  /** `change`, `gap` or `end`, with what it holds. */
  told(event: string, message: Json): void;
}

export class SocketConnection {
  readonly #options: SocketOptions;
  readonly #listeners = new Set<SocketListener>();
  readonly #waiting: (() => void)[] = [];
  /** What to reject when the connection is refused. */
  readonly #calls = new Set<(error: StoaError) => void>();
  #free: number = limit.socketCallsMax;
  #socket: Socket | null = null;
  #deaf: () => void = () => {};

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#socket?.connected ?? false;
  }

  /** Opens the connection, and keeps it as long as anybody listens. Gives what ends that. */
  listen(listener: SocketListener): () => void {
    this.#listeners.add(listener);
    this.#open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0 && !this.#options.isKept) this.close();
    };
  }

  /**
   * A call with `ack(error, value, etag, sequence)`. No more run at a time than the server takes.
   * Errors: as the server refuses; `unavailable` where no answer came, so that a change may or may
   * not have been made; the reason of an aborted signal.
   */
  async call(name: string, args: readonly Json[], signal?: AbortSignal): Promise<CallAnswer> {
    signal?.throwIfAborted();
    await this.#turn();
    try {
      return await this.#sent(name, args, signal);
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  /**
   * Sends something that is acknowledged by one message: `{success: true, ..}` or a refusal.
   * @param take gets the message before anything that the server sends after it.
   */
  async ask(name: string, message: Json, take: (value: Json) => void = () => {}): Promise<void> {
    const [refused] = await this.#answered(name, [message], ([value]) => {
      const { success } = value as { success?: boolean };
      if (success === true) take(value as Json);
      return success === true ? [] : [value];
    });
    if (refused !== undefined) throw refusalOf(refused as Json);
  }

  /** Ends it for good; calls under way are rejected. */
  close(): void {
    this.#deaf();
    this.#socket?.disconnect();
    this.#socket = null;
    this.#rejectCalls(new StoaError("unavailable", "The client was closed."));
  }

  async #sent(name: string, args: readonly Json[], signal?: AbortSignal): Promise<CallAnswer> {
    const answer = await this.#answered(name, args, (answer) => answer, signal);
    const [error, value, etag, sequence] = answer;
    if (error) throw refusalOf(error as Json);
    return {
      value: (value ?? null) as Json,
      etag: typeof etag === "string" ? etag : null,
      sequence: typeof sequence === "number" ? sequence : null,
    };
  }

  #answered(
    name: string,
    args: readonly Json[],
    taken: (answer: unknown[]) => unknown[],
    signal?: AbortSignal,
  ): Promise<unknown[]> {
    const socket = this.#open();
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#calls.delete(fail);
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const abort = () => fail(signal?.reason);
      this.#calls.add(fail);
      signal?.addEventListener("abort", abort, { once: true });
      socket.timeout(this.#options.timeoutMs).emit(name, ...args, (...answer: unknown[]) => {
        const [lost, ...rest] = answer;
        if (lost) return fail(unreachable(lost));
        end();
        resolve(taken(rest));
      });
    });
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
  }

  #open(): Socket {
    if (this.#socket) {
      if (!this.#socket.active) this.#socket.connect();
      return this.#socket;
    }
    const { url, credentials, headers, timeoutMs } = this.#options;
    const { origin, pathname } = addressOf(url);
    const socket = io(origin, {
      path: `${pathname}/socket.io/`,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      timeout: Math.min(limit.socketOpeningMsMax, timeoutMs),
      forceNew: true,
      withCredentials: true,
      extraHeaders: { ...headers },
      auth: (answer) => answer(credentials.token === null ? {} : { token: credentials.token }),
    });
    this.#socket = socket;
    this.#hear(socket);
    // Who speaks is said once, when connecting.
    this.#deaf = credentials.listen(() => {
      this.#each((listener) => listener.renewed());
      socket.disconnect().connect();
    });
    return socket;
  }

  #hear(socket: Socket): void {
    socket.on("connect", () => this.#each((listener) => listener.connected()));
    socket.on("connect_error", (error: Error & { data?: Json }) => {
      // Some proxies take a WebSocket and pass nothing on: from now on it must show that it works,
      // before what goes by polling goes by it.
      if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
      if (!socket.active) this.#refused(socket, error);
    });
    socket.on("disconnect", (reason) => {
      if (socket.active || reason === "io client disconnect") this.#each((one) => one.lost());
      else this.#end(new StoaError("unauthorized", "The session or token has ended."));
    });
    for (const event of ["change", "gap", "end"]) {
      socket.on(event, (message: Json) => this.#each((listener) => listener.told(event, message)));
    }
  }

  /** Does not come back by itself; where the server has its storage away it is asked again. */
  #refused(socket: Socket, error: Error & { data?: Json }): void {
    const refusal = error.data ? refusalOf(error.data) : unreachable(error);
    if (refusal.code !== "unavailable") {
      this.#end(refusal);
      return;
    }
    this.#rejectCalls(refusal);
    setTimeout(() => {
      if (this.#socket === socket && !socket.active) socket.connect();
    }, awayMs);
  }

  #end(error: StoaError): void {
    this.#rejectCalls(error);
    this.#each((listener) => listener.ended(error));
  }

  #rejectCalls(error: StoaError): void {
    for (const reject of [...this.#calls]) reject(error);
    // What was not sent yet would go out by the next connection, and nobody waits for it.
    if (this.#socket) this.#socket.sendBuffer = [];
  }

  #each(tell: (listener: SocketListener) => void): void {
    for (const listener of [...this.#listeners]) tell(listener);
  }
}

/** After how long a server that has its storage away is asked again. */
export const awayMs = 1_000;

/** What stands before the first `/` of the path, and the path without a slash at its end. */
function addressOf(url: string): { origin: string; pathname: string } {
  const [, origin = "", pathname = ""] = /^([a-z]+:\/\/[^/]+)?(.*)$/.exec(url) ?? [];
  return { origin, pathname: pathname.replace(/\/+$/, "") };
}

/** A refusal has the fields of HTTP's bodies; its `code` is the status. */
function refusalOf(problem: Json): StoaError {
  const { code, allow = null, retryAfter = null } = problem as Problem;
  return errorOf({ status: Number(code ?? 500), body: problem, allow, retryAfter });
}

interface Problem {
  readonly code?: number;
  readonly allow?: string;
  readonly retryAfter?: string;
}
