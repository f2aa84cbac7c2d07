/**
 * Which rules belong to which store.
 */
import { type Flavour, isSystemStore, type SystemStoreName } from "@stoa/domain";
import { definitionRules } from "./definition-rules.ts";
import { groupRules } from "./group-rules.ts";
import type { StoreRules } from "./house.ts";
import { referenceRules } from "./reference-rules.ts";
import { roleRules } from "./role-rules.ts";
import { sessionRules, tokenRules } from "./token-rules.ts";
import { userRules } from "./user-rules.ts";

const systemRules: Record<SystemStoreName, StoreRules> = {
  users: userRules,
  groups: groupRules,
  roles: roleRules,
  tokens: tokenRules,
  sessions: sessionRules,
  stores: definitionRules,
};

const ordinaryRules: StoreRules = { kind: "shared", system: false };

export function rulesOf(store: string, flavour: Flavour): StoreRules {
  if (isSystemStore(store)) return systemRules[store];
  return flavour === "reference" ? referenceRules : ordinaryRules;
}
