/**
 * A way to a server that lets so much through and no more until it is opened, so that whoever sends
 * is in the middle of it for as long as a test likes. Knows nothing of what goes through.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class NarrowGate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What is sent and must wait. */
  readonly #held = new Set<Socket>();
  #bytesLeft: number;

  private constructor(target: string, bytes: number) {
    this.#bytesLeft = bytes;
    const { hostname, port } = new URL(target);
    this.#server = createServer((sender) => {
      const server = connect(Number(port), hostname);
      for (const [one, other] of [
        [sender, server],
        [server, sender],
      ] as const) {
        this.#sockets.add(one);
        one.on("error", () => other.destroy()).on("close", () => other.destroy());
      }
      server.pipe(sender);
      sender.on("data", (data) => {
        server.write(data);
        this.#bytesLeft -= data.length;
        if (this.#bytesLeft > 0) return;
        this.#held.add(sender);
        sender.pause();
      });
    });
  }

  /** @param bytes that may be sent to the server before it is closed. */
  static async before(target: string, bytes: number): Promise<NarrowGate> {
    const gate = new NarrowGate(target, bytes);
    gate.#server.listen(0, "127.0.0.1");
    await once(gate.#server, "listening");
    return gate;
  }

  /** `http://127.0.0.1:40123` */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  open(): void {
    this.#bytesLeft = Number.POSITIVE_INFINITY;
    for (const sender of this.#held) sender.resume();
  }

  /** Whoever still sends is cut off, and refused from now on. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
