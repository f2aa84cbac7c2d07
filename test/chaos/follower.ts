/**
 * Somebody who follows notes over Socket.IO by whichever node there is, and where that one is gone
 * resumes at another from the last event. Keeps what it was told.
 */
import assert from "node:assert/strict";
import { openSocket } from "../../packages/server/test/socket-client.ts";
import type { Person } from "./house.ts";

export interface Entity {
  readonly _id: string;
  readonly n: number;
  readonly group: string;
  readonly owner: string;
  readonly access: readonly string[];
  readonly branch?: readonly string[];
}

export interface Told {
  readonly seq: number;
  readonly op: string;
  readonly id: string;
  readonly entity: Entity | null;
}

type Socket = ReturnType<typeof openSocket>;

export class Follower {
  readonly person: Person;
  /** The least `n` of what it follows. */
  readonly least: number;
  readonly known = new Map<string, Entity>();
  readonly told: Told[] = [];
  /** What became of its connections, in words, and behind how many events. */
  readonly journal: string[] = [];
  connections = 0;
  gaps = 0;
  readonly #urls: readonly string[];
  #last = 0;
  #socket: Socket | undefined;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(urls: readonly string[], person: Person, least = 0) {
    this.#urls = urls;
    this.person = person;
    this.least = least;
  }

  open(): void {
    const url = this.#urls[Math.floor(Math.random() * this.#urls.length)] as string;
    const socket = openSocket(url, this.person.token);
    this.#socket = socket;
    socket.on("change", (change: Told) => this.#take(change));
    socket.on("gap", (gap: object) => {
      this.gaps++;
      this.#note("gap", gap);
    });
    for (const event of ["end", "disconnect", "connect_error"]) {
      socket.on(event, (reason: unknown) => {
        this.#note(event, reason);
        this.#again(socket);
      });
    }
    socket.on("connect", () => this.#subscribe(socket));
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.disconnect();
  }

  /** When it was told of an entity. Errors: what it should not have been told. */
  async reach(id: string): Promise<void> {
    const until = performance.now() + 180_000;
    while (!this.known.has(id)) {
      if (this.#failure) throw this.#failure;
      assert(performance.now() < until, `${this.person.login} should have been told of ${id}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (this.#failure) throw this.#failure;
  }

  async #subscribe(socket: Socket): Promise<void> {
    const where = this.least > 0 && { where: { "n>=": this.least } };
    const asked = { store: "notes", since: this.#last, ...where };
    const asking = socket.timeout(20_000).emitWithAck("subscribe", asked);
    const answer = await asking.catch(() => undefined);
    this.#note("subscribed", { at: socket.io.opts.port, since: this.#last, answer });
    if (answer?.gap) this.gaps++;
    if (answer?.success) this.connections++;
    else this.#again(socket);
  }

  #again(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    socket.removeAllListeners();
    socket.disconnect();
    if (!this.#isClosed) setTimeout(() => this.open(), 20 + Math.random() * 100);
  }

  #note(event: string, about: unknown): void {
    const text = about instanceof Error ? about.message : JSON.stringify(about);
    this.journal.push(`after ${this.told.length} events: ${event} ${text}`);
  }

  #take(change: Told): void {
    const { seq, id, entity, op } = change;
    if (seq <= this.#last) {
      this.#failure ??= new Error(`${this.person.login} was told of ${seq} after ${this.#last}`);
    }
    if (op === "insert" && this.known.has(id)) {
      this.#failure ??= new Error(`${this.person.login} was told twice that ${id} was made`);
    }
    this.#last = seq;
    this.told.push(change);
    if (entity) this.known.set(id, entity);
    else this.known.delete(id);
  }
}
