/**
 * Connections that are to be made anew, because another process is to serve them: each is told so
 * with its next answer, by `Connection: close` (RFC 9112, 9.6), so that nothing that was asked is
 * lost. Knows sockets and no requests.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export class ConnectionDraining {
  readonly #servers = new Set<Server>();
  /** Which part of the connections goes. */
  #share = 0;
  #owed = 0;
  #staying = new WeakSet<Duplex>();
  readonly #told = new WeakSet<Duplex>();

  watch(server: Server): void {
    this.#servers.add(server);
    server.on("connection", (socket: Socket) => {
      if (this.#share > 0) this.#staying.add(socket);
    });
  }

  /** Tells one that is to go, with this answer. */
  answer({ socket }: IncomingMessage, response: ServerResponse): void {
    if (this.#share === 0 || this.#staying.has(socket)) return;
    this.#owed += this.#share;
    if (this.#owed < 1) {
      this.#staying.add(socket);
      return;
    }
    this.#owed -= 1;
    this.#told.add(socket);
    response.setHeader("connection", "close");
  }

  /** Whether it was told, so that nothing behind that answer is answered. */
  isTold(socket: Duplex): boolean {
    return this.#told.has(socket);
  }

  /**
   * A part of the connections that are open now goes, as they are used.
   * @param share `0.5` for every second one.
   */
  shed(share: number): void {
    this.#share = share;
    this.#owed = 0;
    this.#staying = new WeakSet();
    // Those that were not used by then stay.
    setTimeout(() => {
      if (this.#share === share) this.#share = 0;
    }, shedMsMax).unref();
  }

  /**
   * No connection is accepted any more, and all go: those that are used with their next answer,
   * others after a while. Ends when none is left.
   * @param endStreams called for sockets and streams, which no answer ends.
   */
  async leave(endStreams: () => void): Promise<void> {
    this.#share = 1;
    this.#staying = new WeakSet();
    for (const server of this.#servers) NetServer.prototype.close.call(server);
    const idleFrom = performance.now() + leaveMs;
    while ((await this.#count()) > 0) {
      if (performance.now() > idleFrom) {
        endStreams();
        for (const server of this.#servers) server.closeIdleConnections();
      }
      await new Promise((resolve) => setTimeout(resolve, leaveLookMs));
    }
  }

  async #count(): Promise<number> {
    const counts = [...this.#servers].map((server) => {
      return new Promise<number>((resolve) => {
        server.getConnections((error, count) => resolve(error ? 0 : count));
      });
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}

const shedMsMax = 5_000;
/** How long those that leave wait for a next request, to be told with its answer. */
const leaveMs = 500;
const leaveLookMs = 20;
