/**
 * Signing in and out. Makes sessions and sign-in tokens; who they stand for is found by
 * `caller-service.ts`.
 */
import {
  type Caller,
  equals,
  type JsonObject,
  limit,
  type StoredEntity,
  violation,
} from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { notSignedIn } from "./caller-service.ts";
import type { House } from "./house.ts";
import { verifyPassword } from "./password.ts";
import { hashOf, newSecret, tokenPrefix } from "./secret.ts";
import type { Sessions, SignedIn, SignInAttempt } from "./services.ts";
import { TokenUse } from "./token-use.ts";

export class HouseSessions implements Sessions {
  readonly #house: House;
  readonly #use: TokenUse;

  constructor(house: House) {
    this.#house = house;
    this.#use = new TokenUse(house);
  }

  async signIn(attempt: SignInAttempt): Promise<SignedIn> {
    const { house } = { house: this.#house };
    const login = textOf("login", attempt.login, limit.loginCharactersMax);
    const password = textOf("password", attempt.password, limit.passwordCharactersMax);
    await house.throttle.begin({ login, address: attempt.address });
    const user = await this.#userBy(login);
    const verifier = user && (await house.engine.recall("password", user.id));
    const right = await verifyPassword(password, verifier?.value);
    if (!user || !verifier || !right) throw notSignedIn();
    const signedIn = await house.engine.transact((tx) =>
      openSession(house, tx, user.id, verifier.value, attempt),
    );
    await house.throttle.succeed({ login, address: attempt.address });
    return signedIn;
  }

  authenticate(way: "session" | "token", secret: string): Caller | Promise<Caller> {
    const found = this.#house.callers.find(way, secret);
    return found instanceof Promise ? found.then(this.#noted) : this.#noted(found);
  }

  get isShared(): boolean {
    return this.#house.engine.isShared;
  }

  get mayPresumeReaders(): boolean {
    return this.#house.engine.readThenFollow !== undefined;
  }

  presume(way: "session" | "token", secret: string): Caller | undefined {
    const known = this.#house.callers.known(way, secret);
    return known && this.#noted(known);
  }

  readonly #noted = (caller: Caller): Caller => {
    if (caller.way === "token") this.#use.note(caller);
    return caller;
  };

  async signOut(caller: Caller): Promise<void> {
    const store = caller.way === "session" ? "sessions" : "tokens";
    if (caller.way === "token") return;
    await this.#house.engine.transact(async (tx) => {
      const entity = await tx.read(store, caller.wayId);
      if (entity) await endWay(tx, store, entity, { by: caller.user, time: this.#house.now() });
    });
  }

  async #userBy(login: string): Promise<{ id: string } | undefined> {
    const filter = equals("login", login);
    const query = { filter, order: [], offset: 0, limit: 1, after: null, only: [] };
    for await (const { texts } of this.#house.engine.find("users", query)) {
      if (texts[0] !== undefined) return { id: (JSON.parse(texts[0]) as { _id: string })._id };
    }
    return undefined;
  }
}

/** Removes a session or token, so that its secret stands for nobody. */
async function endWay(
  tx: Transaction,
  store: "sessions" | "tokens",
  entity: StoredEntity,
  mark: { by: string; time: number },
): Promise<void> {
  await tx.remove(store, entity, mark);
  await tx.forgetAbout(store === "sessions" ? "session" : "token", entity.id);
}

/** Ends all sessions and tokens of a user that the test lets through. */
export async function endWaysOf(
  tx: Transaction,
  user: string,
  mark: { by: string; time: number },
  isOver: (store: "sessions" | "tokens", entity: StoredEntity) => boolean,
): Promise<void> {
  for (const store of ["sessions", "tokens"] as const) {
    for (const entity of await tx.find(store, equals("owner", user), Number.POSITIVE_INFINITY)) {
      if (isOver(store, entity)) await endWay(tx, store, entity, mark);
    }
  }
}

/** Decides anew that the user is enabled and the password still the one that was verified. */
async function openSession(
  house: House,
  tx: Transaction,
  userId: string,
  verifier: string,
  attempt: SignInAttempt,
): Promise<SignedIn> {
  const user = await tx.read("users", userId);
  const now = await tx.recall("password", userId);
  if (!user || now?.value !== verifier || JSON.parse(user.body).disabled === true)
    throw notSignedIn();
  const issuedAt = house.now();
  const expiresAt = issuedAt + house.sessionLifeMs;
  const mark = { by: user.id, time: issuedAt };
  await endWaysOf(tx, user.id, mark, (_store, { body }) => {
    const { expiresAt: end } = JSON.parse(body) as { expiresAt?: number | null };
    return typeof end === "number" && end <= issuedAt;
  });
  const isToken = attempt.way === "token";
  const secret = newSecret(isToken ? tokenPrefix : "");
  const fields: JsonObject = isToken
    ? { name: "sign-in", type: "sign-in", scopes: null, issuedAt, expiresAt, lastUsedAt: null }
    : { issuedAt, expiresAt, address: attempt.address, agent: attempt.agent.slice(0, 1_000) };
  const id = house.newId("objectid");
  const head = { id, owner: user.id, group: user.group, access: [], time: issuedAt };
  const store = isToken ? "tokens" : "sessions";
  await tx.insert(store, { ...head, body: JSON.stringify(fields) }, mark);
  await tx.keep(attempt.way, hashOf(secret), { subject: id, value: "", expiresAt });
  return { secret, issuedAt, expiresAt };
}

function textOf(member: string, value: unknown, charactersMax: number): string {
  if (typeof value !== "string") throw violation(member, "type", "must be text");
  if (value.length > charactersMax) {
    throw violation(member, "maxLength", `must have at most ${charactersMax} characters`);
  }
  return value;
}
