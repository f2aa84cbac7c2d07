/**
 * Somebody who looks at notes by the client SDK: a live set that holds all that one sees, and one
 * of the first few in an order. The node that it speaks to may be killed; nobody tells it anything
 * but the SDK.
 */
import assert from "node:assert/strict";
import { type LiveQuery, type LiveSet, StoaClient } from "../../packages/client/src/index.ts";
import type { Person } from "./house.ts";

interface Shown {
  readonly n: number;
  readonly text: string;
}

const few = { sortBy: ["-n", "text"], limit: 10 } as const;

export class Viewer {
  readonly person: Person;
  readonly #client: StoaClient;
  readonly #all: LiveSet<Shown>;
  readonly #few: LiveSet<Shown>;
  /** How often what it shows was said to be as it is, after it was said to be old. */
  returns = 0;

  constructor(url: string, person: Person) {
    this.person = person;
    this.#client = new StoaClient({ url, token: person.token });
    const live = (query: LiveQuery) => this.#client.store<Shown>("notes").live(query);
    [this.#all, this.#few] = [live({}), live(few)];
    let before = this.#all.state;
    this.#all.listen(({ state }) => {
      if (state === "live" && before !== "live") this.returns++;
      before = state;
    });
  }

  /** Ends when both sets show what there is. Errors: when they do not come to do so. */
  async requireShown(texts: readonly string[]): Promise<void> {
    const wanted = texts.toSorted();
    const first = wanted
      .map((text) => JSON.parse(text) as Shown & { _id: string })
      .sort((a, b) => b.n - a.n || compare(a.text, b.text) || compare(a._id, b._id))
      .slice(0, few.limit)
      .map(({ _id }) => _id);
    const until = performance.now() + 180_000;
    for (;;) {
      const all = this.#all.entities.map((entity) => sortedText(entity)).sort();
      const some = this.#few.entities.map(({ _id }) => _id);
      const isSo = same(all, wanted) && same(some, first);
      if (isSo && this.#all.state === "live" && this.#few.state === "live") return;
      const { login } = this.person;
      assert(this.#all.state !== "ended", `${login}: ${this.#all.error?.message}`);
      if (performance.now() > until) {
        assert.deepEqual(all, wanted, `${login}, all, ${this.#all.state}`);
        assert.deepEqual(some, first, `${login}, the first, ${this.#few.state}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    this.#all.close();
    this.#few.close();
    this.#client.close();
  }
}

/** Whatever the order of its fields. */
export function sortedText(entity: object): string {
  const { branch: _, ...fields } = entity as { branch?: unknown };
  return JSON.stringify(
    Object.fromEntries(Object.entries(fields).sort(([a], [b]) => compare(a, b))),
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
