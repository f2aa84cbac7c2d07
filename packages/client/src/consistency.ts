/**
 * How fresh what a client reads must be, and how far what it wrote goes. Knows no request.
 */

/**
 * Where the server has a replica of its database: `strong` reads what is there now, `eventual` what
 * was there a short while ago, `session` at least what this client has written; `{after: 417}` at
 * least the change of that number.
 */
export type Consistency = "strong" | "session" | "eventual" | { readonly after: number };

export class Freshness {
  readonly #usual: Consistency;
  #sequence = 0;

  constructor(usual: Consistency = "strong") {
    this.#usual = usual;
  }

  /** Of a change that is not before any that this client has made; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** What an answer to a write says. */
  hear(sequence: unknown): void {
    const number = Number(sequence ?? 0);
    if (Number.isSafeInteger(number)) this.#sequence = Math.max(this.#sequence, number);
  }

  /** The words that ask for it: `"after=417"`; undefined where nothing need be said. */
  words(consistency: Consistency = this.#usual): string | undefined {
    if (typeof consistency === "object") return `after=${consistency.after}`;
    switch (consistency) {
      case "strong":
        return undefined;
      case "eventual":
        return "eventual";
      case "session":
        return `after=${this.#sequence}`;
      default:
        return consistency satisfies never;
    }
  }
}
