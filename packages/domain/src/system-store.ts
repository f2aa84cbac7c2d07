/**
 * The definitions of the system stores: closed schemas, unique fields. What may be done with them
 * is for the rules of each in the service.
 */
import type { JsonObject } from "./json.ts";
import {
  credentialCharactersMax,
  credentialsMax,
  loginCharactersMax,
  passwordCharactersMax,
  passwordCharactersMin,
  userGroupsMax,
} from "./limit.ts";
import type { StoreDefinition, SystemStoreName } from "./store.ts";

const text = (maxLength: number, minLength = 0) => ({ type: "string", minLength, maxLength });
const id = { type: "string", pattern: "^[0-9a-f]{24}$" };
const credentials = {
  type: "array",
  maxItems: credentialsMax,
  items: text(credentialCharactersMax, 1),
};
const pathSets = { type: "array", items: { type: "array", items: text(1_000, 1) } };
const milliseconds = { type: "integer", minimum: 0 };

const schemas: Record<SystemStoreName, { required: string[]; properties: JsonObject }> = {
  users: {
    required: ["login", "role"],
    properties: {
      login: text(loginCharactersMax, 1),
      /** Written, never kept here and never read (rule 14). */
      password: text(passwordCharactersMax, passwordCharactersMin),
      oldPassword: text(passwordCharactersMax),
      name: text(1_000),
      email: text(1_000),
      locale: text(35),
      role: id,
      groups: { type: "array", items: id, maxItems: userGroupsMax - 1, uniqueItems: true },
      disabled: { type: "boolean" },
    },
  },
  groups: {
    required: ["name"],
    properties: {
      name: text(1_000, 1),
      parent: { anyOf: [id, { type: "null" }] },
      description: text(10_000),
    },
  },
  roles: {
    required: ["name", "credentials"],
    properties: { name: text(200, 1), credentials },
  },
  tokens: {
    required: ["name"],
    properties: {
      name: text(1_000, 1),
      type: { enum: ["access", "sign-in"] },
      scopes: { anyOf: [credentials, { type: "null" }] },
      issuedAt: milliseconds,
      expiresAt: { anyOf: [milliseconds, { type: "null" }] },
      lastUsedAt: { anyOf: [milliseconds, { type: "null" }] },
    },
  },
  sessions: {
    required: [],
    properties: {
      issuedAt: milliseconds,
      expiresAt: milliseconds,
      address: text(100),
      agent: text(1_000),
    },
  },
  stores: {
    required: ["name"],
    properties: {
      name: text(63, 1),
      title: text(1_000),
      schema: { anyOf: [{ type: "object" }, { type: "null" }] },
      unique: pathSets,
      indexes: pathSets,
      search: { type: "array", items: text(1_000, 1) },
      time: { enum: ["server", "given"] },
      idKind: { enum: ["objectid", "uuid"] },
      flavour: { enum: ["entity", "reference"] },
    },
  },
};

const unique: Partial<Record<SystemStoreName, string>> = {
  users: "login",
  roles: "name",
  stores: "name",
};

const indexes: Partial<Record<SystemStoreName, string[]>> = {
  users: ["role"],
  groups: ["parent"],
  tokens: ["owner"],
  sessions: ["owner"],
};

/** One of the six, in the form in which every other store is known. */
export function systemStore(name: SystemStoreName): StoreDefinition {
  const { required, properties } = schemas[name];
  const sole = unique[name];
  return {
    id: name,
    name,
    title: name,
    schema: { type: "object", required, properties, additionalProperties: false },
    unique: sole ? [[[sole]]] : [],
    indexes: (indexes[name] ?? []).map((field) => [[field]]),
    search: [],
    time: "server",
    idKind: "objectid",
    flavour: "entity",
  };
}
