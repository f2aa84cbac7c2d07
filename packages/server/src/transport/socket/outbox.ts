/**
 * What a connection of Socket.IO holds for a client that has not read it yet: events wait in the
 * feed for room here, answers of calls wait in line, and whoever fills it all the same is cut off.
 * Knows no event and no call.
 */
import { limit } from "@stoa/domain";
import type { Socket } from "engine.io";

export class Outbox {
  readonly #conn: Socket;
  /** About as many bytes as wait for those before them to be written. */
  #bytes = 0;
  #waiting: (() => void)[] = [];

  constructor(conn: Socket) {
    this.#conn = conn;
    conn.on("packetCreate", ({ data }: { readonly data?: string | Buffer }) => {
      this.#bytes += packetSize + (data?.length ?? 0);
      // Answers of calls and events wait elsewhere: such a client asks on and on and reads nothing.
      if (this.#bytes > limit.unreadBytesMax) conn.close(true);
    });
    conn.on("flush", () => {
      this.#bytes = 0;
    });
    conn.on("drain", () => this.#release());
    conn.once("close", () => this.#release());
  }

  /** Whether events may be added; else they wait in the feed, where they can be thrown away. */
  get isReady(): boolean {
    return this.#bytes < waitingBytesMax;
  }

  /** Calls it now, or when what waits is little: in the order of asking. */
  answer(send: () => void): void {
    this.#waiting.push(send);
    this.#release();
  }

  /** A text of Socket.IO's own form, made once: `2["change",{"seq":417}]`. */
  write(text: string): void {
    this.#conn.write(text);
  }

  #release(): void {
    while (this.#waiting.length > 0 && (this.isReady || this.#conn.readyState !== "open")) {
      this.#waiting.shift()?.();
    }
  }
}

const waitingBytesMax = 64 * 1024;
/** A packet without data takes memory too. */
const packetSize = 100;
