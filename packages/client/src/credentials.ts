/**
 * Who the client speaks as: a token, or nobody but the cookie that a browser keeps by itself. Knows
 * no request.
 */

export class Credentials {
  #token: string | null;
  readonly #listeners = new Set<() => void>();

  constructor(token: string | null) {
    this.#token = token;
  }

  /** Goes before a cookie; null leaves it to the cookie. */
  get token(): string | null {
    return this.#token;
  }

  /** Also where it is the same: a cookie may have changed. */
  change(token: string | null): void {
    this.#token = token;
    for (const listener of this.#listeners) listener();
  }

  /** Called after each change. Gives what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
