/**
 * Tokens of one's own for programs: made, listed and revoked. Knows the store of tokens; signing in
 * is for the account.
 */
import type { Entity } from "./entity.ts";
import type { List, Store } from "./store.ts";
import type { CallOptions } from "./transport.ts";

/** What is told of a token; never its secret. */
export interface Token {
  readonly name: string;
  /** `access`, or `sign-in` for those that signing in makes. */
  readonly type: "access" | "sign-in";
  /** `["GET cities/*"]`; null for all that its owner holds. */
  readonly scopes: readonly string[] | null;
  /** Unix milliseconds. */
  readonly issuedAt: number;
  /** Null for one that does not end. */
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface TokenDraft {
  readonly name: string;
  /** Credentials that one holds oneself; all of them where none are named. */
  readonly scopes?: readonly string[];
  /** Unix milliseconds, in the future. */
  readonly expiresAt?: number;
}

export class Tokens {
  readonly #store: Store<Token>;

  constructor(store: Store<Token>) {
    this.#store = store;
  }

  /**
   * Gives the secret as `token`, this once: the server keeps only a hash, so that this is never
   * repeated. Errors: `forbidden` for scopes that one does not hold, and for issued tokens.
   */
  async issue(
    draft: TokenDraft,
    options: CallOptions = {},
  ): Promise<Entity<Token & { readonly token: string }>> {
    const once = { ...options, idempotencyKey: null };
    return (await this.#store.create(draft as Token, once)) as Entity<Token & { token: string }>;
  }

  find(options: CallOptions = {}): List<Token> {
    return this.#store.find({}, options);
  }

  /** It counts no more from the next request on. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.#store.remove(id, options);
  }
}
