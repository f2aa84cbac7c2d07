/**
 * Clients for tests of sockets: a bare WebSocket that shows every frame, and Socket.IO's own.
 * Knows no server.
 */
import assert from "node:assert/strict";
import { io, type Socket } from "socket.io-client";
import { WebSocket } from "ws";

/** What takes a moment, on a machine that is slow and busy with something else. */
const comesMsMax = 60_000;

/** A WebSocket without any protocol on it; frames wait until they are asked for. */
export class BareSocket {
  readonly frames: string[] = [];
  /** Code and reason of the close, or the refusal before the upgrade. */
  closed: { code: number; reason: string } | null = null;
  refused: { status: number; text: string; type: string } | null = null;
  readonly #socket: WebSocket;
  #wake: () => void = () => {};

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(url, { headers });
    this.#socket.on("message", (data) => {
      this.frames.push(String(data));
      this.#wake();
    });
    this.#socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#wake();
    });
    this.#socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const type = String(response.headers["content-type"]);
        this.refused = { status: response.statusCode ?? 0, text, type };
        this.#wake();
      });
    });
    this.#socket.on("error", () => this.#wake());
  }

  async opened(): Promise<void> {
    while (this.#socket.readyState === WebSocket.CONNECTING) await this.#change();
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** The next frame that the test lets through; those before it are thrown away. */
  async next(fits: (frame: string) => boolean = () => true): Promise<string> {
    const until = performance.now() + comesMsMax;
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined && fits(frame)) return frame;
      if (frame !== undefined) continue;
      assert(performance.now() < until, "a frame should have come");
      await this.#change();
    }
  }

  async end(): Promise<{ code: number; reason: string }> {
    const until = performance.now() + comesMsMax;
    while (!this.closed) {
      assert(performance.now() < until, "the socket should have been closed");
      await this.#change();
    }
    return this.closed;
  }

  async refusal(): Promise<{ status: number; text: string; type: string }> {
    while (!this.refused) await this.#change();
    return this.refused;
  }

  /** Reads no more, so that what is sent to it has to wait. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** As a cut cable: no close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#socket.close();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 50);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A connection that has just been asked for, and does not come back by itself. */
export function openSocket(url: string, token: string): Socket {
  const options = { transports: ["websocket"], forceNew: true, reconnection: false };
  return io(url, { ...options, auth: { token } });
}

/** A connected client of Socket.IO 4. Errors: what the server refused it with. */
export async function connected(
  url: string,
  options: Record<string, unknown> = {},
): Promise<Socket> {
  const socket = io(url, { transports: ["websocket"], forceNew: true, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", (error) => {
      socket.disconnect();
      reject(error);
    });
  });
  return socket;
}

/**
 * A call with `ack(error, result)`. Errors: the error as it came.
 */
// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
export function call(socket: Socket, name: string, ...args: unknown[]): Promise<any> {
  return new Promise((resolve, reject) => {
    socket.emit(name, ...args, (error: unknown, result: unknown) =>
      error ? reject(error) : resolve(result),
    );
  });
}

/** Waits until something is so. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + comesMsMax;
  while (!isSo()) {
    assert(performance.now() < end, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Waits until something is so, for a second at most of what this process has of the machine: time
 * in which others keep it from running does not count, unless it was itself at work.
 */
export async function withinSecond(isSo: () => boolean, what: string, seconds = 1): Promise<void> {
  let ownMs = 0;
  let at = performance.now();
  let worked = process.cpuUsage();
  while (!isSo()) {
    assert(ownMs < seconds * 1_000, `within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { user, system } = process.cpuUsage(worked);
    const now = performance.now();
    ownMs += Math.min(now - at, Math.max(tickMs, (user + system) / 1_000));
    at = now;
    worked = process.cpuUsage();
  }
}

/** A turn of waiting on a machine that has nothing else to do, and more. */
const tickMs = 20;
