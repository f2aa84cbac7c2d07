/**
 * Signing in and out, oneself, the directory, and what the server is. Knows those routes; nothing
 * of stores.
 */
import type { Json } from "@stoa/domain";
import type { Credentials } from "./credentials.ts";
import { parameter } from "./list-query.ts";
import type { CallOptions, Request, Transport } from "./transport.ts";

export interface SignIn {
  readonly login: string;
  readonly password: string;
  /**
   * `token` (the default) lives in this client alone; `session` is a cookie that the browser keeps
   * and shares with its other pages.
   */
  readonly way?: "token" | "session";
}

/** Who the caller is: `{user: {_id, login, ..}, role: {_id, name}, credentials: ["* *"], ..}`. */
export interface Self {
  /** The own user; of a token whose scopes do not hold users, the id alone. */
  readonly user: { readonly _id: string; readonly login?: string; readonly name?: string };
  readonly role: { readonly id: string; readonly name: string };
  readonly credentials: readonly string[];
  readonly groups: readonly string[];
  /** Null where the credential has no scopes of its own. */
  readonly scopes: readonly string[] | null;
  readonly way: "session" | "sign-in" | "token";
  /** Unix milliseconds; null for a credential that does not end. */
  readonly expiresAt: number | null;
}

/** A user or a group by name: `{_id: "..", kind: "group", name: "Delft", parent: ".."}`. */
export interface Principal {
  readonly _id: string;
  readonly kind: "user" | "group";
  readonly name: string;
  readonly parent?: string;
}

export interface ServerWords {
  readonly name: string;
  readonly version: string;
  /** Names of the stores that one may read. */
  readonly stores: readonly string[];
}

export class Account {
  readonly #transport: Transport;
  readonly #credentials: Credentials;

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /** Errors: `unauthorized`; `rate_limit` with `retryAfterS` after too many failures. */
  async signIn({ way = "token", login, password }: SignIn, options: CallOptions = {}) {
    const path = way === "token" ? ["auth", "token"] : ["auth"];
    const value = await this.#send("POST", path, { body: { login, password }, ...options });
    const { token } = value as { token?: string };
    this.#credentials.change(way === "token" ? (token ?? null) : null);
  }

  /** Ends the session or sign-in token that the client speaks by. */
  async signOut(options: CallOptions = {}): Promise<void> {
    await this.#send("DELETE", ["auth"], options);
    this.#credentials.change(null);
  }

  /** Speaks by another token from now on, or by the cookie. */
  useToken(token: string | null): void {
    this.#credentials.change(token);
  }

  async self(options: CallOptions = {}): Promise<Self> {
    return (await this.#send("GET", ["auth"], options)) as unknown as Self;
  }

  /** Names of users and groups, by name: at most `limit`, 1,000 by default. */
  async principals(
    question: {
      readonly ids?: readonly string[];
      readonly prefix?: string;
      readonly limit?: number;
    } = {},
    options: CallOptions = {},
  ): Promise<readonly Principal[]> {
    const { ids, prefix, limit } = question;
    const query = [
      ...(ids ? [parameter("ids", ids.join(","))] : []),
      ...(prefix === undefined ? [] : [parameter("prefix", prefix)]),
      ...(limit === undefined ? [] : [`limit=${limit}`]),
    ].join("&");
    const found = await this.#send("GET", ["principals"], { query, ...options });
    return found as unknown as readonly Principal[];
  }

  /** Name and version of the server, and the stores that one may read. */
  async server(options: CallOptions = {}): Promise<ServerWords> {
    return (await this.#send("GET", [], options)) as unknown as ServerWords;
  }

  async #send(
    method: Request["method"],
    path: readonly string[],
    more: Partial<Request>,
  ): Promise<Json> {
    return (await this.#transport.send({ method, api: "entity", path, ...more })).value;
  }
}
