/**
 * Writes notes of its own and remembers what each must be since it was answered; nobody else writes
 * them. What was not answered is asked for again until it is.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Person, words } from "./house.ts";

export interface Note {
  readonly id: string;
  /** Goes up by one with each change of it. */
  readonly n: number;
  readonly group: string;
  readonly access: readonly string[];
}

export class Author {
  /** Those that are there, and the ids of those that are gone. */
  readonly notes = new Map<string, Note>();
  readonly gone = new Set<string>();
  /** Changes that were answered. */
  writes = 0;
  /** Notes that were read by another node right after the answer. */
  readBacks = 0;
  readonly #person: Person;
  readonly #others: readonly Person[];
  readonly #notesMax: number;

  constructor(person: Person, others: readonly Person[], notesMax = 40) {
    this.#person = person;
    this.#others = others;
    this.#notesMax = notesMax;
  }

  /** One change, answered. */
  async write(): Promise<void> {
    await this.#change();
    this.writes++;
  }

  async #change(): Promise<void> {
    const chance = Math.random();
    const note = pick([...this.notes.values()]);
    if (!note || chance < 0.2) return this.#create();
    if (chance > 0.9 || this.notes.size > this.#notesMax) return this.#remove(note);
    if (chance < 0.65) await this.#patch(note);
    else if (chance < 0.75) await this.#transfer(note);
    else await this.#share(note);
    if (Math.random() < 0.3) await this.#readBack(note.id);
  }

  async #create(): Promise<void> {
    const group = pick(this.#person.groups) as string;
    const body = { n: 0, text: `${pick(words)} of ${this.#person.login}`, group };
    const key = randomBytes(12).toString("hex");
    const { body: made } = await this.#ask("POST", "notes", body, key);
    assert(!this.notes.has(made._id) && !this.gone.has(made._id), "what is made is new");
    this.notes.set(made._id, { id: made._id, n: 0, group, access: [] });
  }

  async #patch(note: Note): Promise<void> {
    const n = note.n + 1;
    const { body } = await this.#ask("PATCH", `notes/${note.id}`, { n });
    assert.equal(body.n, n);
    this.notes.set(note.id, { ...note, n });
  }

  async #transfer(note: Note): Promise<void> {
    const group = pick(this.#person.groups.filter((one) => one !== note.group));
    if (group === undefined) return;
    const { body } = await this.#ask("POST", `notes/${note.id}/transfer`, { group });
    assert.equal(body.group, group);
    this.notes.set(note.id, { ...note, group });
  }

  async #share(note: Note): Promise<void> {
    const other = (pick(this.#others) as Person).id;
    const isShared = note.access.includes(other);
    const path = `notes/${note.id}/access`;
    const { status, body } = isShared
      ? await this.#ask("DELETE", `${path}/${other}`)
      : await this.#ask("POST", path, { grant: [other] });
    const access = note.access.filter((one) => one !== other);
    if (!isShared) access.push(other);
    // Else an earlier try that was not answered has taken the grant away.
    if (status === 200) assert.deepEqual(body.access.toSorted(), access.toSorted());
    this.notes.set(note.id, { ...note, access });
  }

  async #remove(note: Note): Promise<void> {
    await this.#ask("DELETE", `notes/${note.id}`);
    this.notes.delete(note.id);
    this.gone.add(note.id);
  }

  /** What one node has answered holds for the next question to any other. */
  async #readBack(id: string): Promise<void> {
    const { body } = await this.#ask("GET", `notes/${id}`);
    const { n, group, access } = this.notes.get(id) as Note;
    assert.deepEqual(
      { n: body.n, group: body.group, access: body.access.toSorted() },
      { n, group, access: access.toSorted() },
    );
    this.readBacks++;
  }

  async #ask(method: string, path: string, body?: object, key?: string) {
    const answer = await this.#person.asker.ask({
      method,
      path,
      ...(body && { body }),
      ...(key !== undefined && { key }),
    });
    const isGone = answer.status === 404 && method === "DELETE" && answer.isRepeated;
    assert(answer.status === 200 || isGone, `${method} ${path}: ${answer.text}`);
    return answer;
  }
}

function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}
