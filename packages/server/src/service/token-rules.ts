/**
 * What is particular to tokens and sessions: they are made in their own ways, show to their owner
 * and to those who cover it, and end their secret with them (rules 5, 7, 16).
 */
import {
  type Caller,
  covers,
  equals,
  everything,
  type Filter,
  hasRootReach,
  holds,
  holdsPattern,
  type JsonObject,
  type Method,
  nothing,
  or,
  ownValue,
  parseCredential,
  parseCredentials,
  StoaError,
  type StoredEntity,
  violation,
  visibleTo,
} from "@stoa/domain";
import { credentialsOf, groupsOf } from "./caller-service.ts";
import { coversUser } from "./coverage.ts";
import type { Alteration, Created, Creation, House, Sought, StoreRules, Write } from "./house.ts";
import { hashOf, newSecret, tokenPrefix } from "./secret.ts";
import { notFound } from "./visibility.ts";

export const tokenRules: StoreRules = {
  kind: "shared",
  system: true,
  visible: (house, caller, sought) => visibleWays(house, caller, "tokens", sought),

  async create(write: Write, { head, fields }: Creation): Promise<Created> {
    const { caller, tx, time } = write;
    if (caller.way === "token") {
      throw new StoaError("forbidden", "A token cannot make tokens: sign in with a password.");
    }
    const scopes = scopesOf(caller, ownValue(fields, "scopes"));
    const expiresAt = (ownValue(fields, "expiresAt") ?? null) as number | null;
    if (expiresAt !== null && expiresAt <= time) {
      throw violation("expiresAt", "minimum", "must lie in the future");
    }
    const secret = newSecret(tokenPrefix);
    await tx.keep("token", hashOf(secret), { subject: head.id, value: "", expiresAt });
    const name = ownValue(fields, "name") as string;
    const own = { name, type: "access", scopes, issuedAt: time, expiresAt, lastUsedAt: null };
    return { head, fields: own, reveal: { token: secret } };
  },

  async update(write: Write, { before, old, fields }: Alteration): Promise<JsonObject> {
    await requireOwn(write, before, "PATCH");
    for (const field of Object.keys({ ...old, ...fields })) {
      const same = JSON.stringify(ownValue(fields, field)) === JSON.stringify(ownValue(old, field));
      if (field !== "name" && !same) {
        throw violation(field, "readOnly", "of a token, only the name can be changed");
      }
    }
    return fields;
  },

  remove: (write, before) => requireOwn(write, before, "DELETE"),

  async removed({ tx }: Write, before: StoredEntity): Promise<void> {
    await tx.forgetAbout("token", before.id);
  },
};

export const sessionRules: StoreRules = {
  kind: "shared",
  system: true,
  without: ["POST", "PATCH"],
  visible: (house, caller, sought) => visibleWays(house, caller, "sessions", sought),
  remove: (write, before) => requireOwn(write, before, "DELETE"),

  async removed({ tx }: Write, before: StoredEntity): Promise<void> {
    await tx.forgetAbout("session", before.id);
  },
};

/** No scopes named = all that the maker holds, now and later (rule 5). */
function scopesOf(caller: Caller, sent: unknown): string[] | null {
  if (sent === undefined || sent === null) {
    return caller.scopes ? caller.scopes.map(({ text }) => text) : null;
  }
  const scopes = parseCredentials(sent, "scopes");
  const missing = scopes.find((scope) => !holdsPattern(caller, scope));
  if (missing) throw new StoaError("forbidden", `You do not hold "${missing.text}" yourself.`);
  return scopes.map(({ text }) => text);
}

/** One's own, and by the right on list or single ones those of covered users (rule 16). */
async function visibleWays(
  house: House,
  caller: Caller,
  store: "tokens" | "sessions",
  sought: Sought,
): Promise<Filter> {
  const own = equals("owner", caller.user);
  const path = sought === "LIST" ? [store] : [store, ":id"];
  const method = sought === "LIST" ? "GET" : sought;
  if (!["GET", "DELETE"].includes(method) || !holds(caller, { method, path })) return own;
  if (hasRootReach(caller, house.engine.tree) && holdsPattern(caller, parseCredential("*"))) {
    return everything;
  }
  return or(own, ownedBy(await coveredUsers(house, caller)));
}

async function coveredUsers(house: House, caller: Caller): Promise<readonly string[]> {
  const tree = house.engine.tree;
  const filter = visibleTo(caller, "reach", tree);
  const query = { filter, order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null };
  const users: string[] = [];
  for await (const { texts } of house.engine.find("users", { ...query, only: null })) {
    for (const text of texts) {
      const user = JSON.parse(text) as { _id: string; group: string; role: string };
      const credentials = credentialsOf(await house.engine.read("roles", user.role));
      const groups = groupsOf({ group: user.group, body: text });
      if (covers(caller, { groups, credentials }, tree)) users.push(user._id);
    }
  }
  return users;
}

function ownedBy(users: readonly string[]): Filter {
  if (users.length === 0) return nothing;
  const left = { kind: "property", path: ["owner"] } as const;
  return { kind: "in", left, right: { kind: "constant", value: [...users] } };
}

/** Decides inside the transaction: one's own, or with the right and coverage of its owner. */
async function requireOwn(
  { tx, caller, store }: Write,
  { owner }: StoredEntity,
  method: Method,
): Promise<void> {
  if (owner === caller.user) return;
  const mayRemove = method === "DELETE" && holds(caller, { method, path: [store, ":id"] });
  if (mayRemove && (await coversUser(tx, caller, owner))) return;
  throw notFound(store);
}
