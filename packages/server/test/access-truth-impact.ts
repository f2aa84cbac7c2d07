/**
 * What the move of a group must be said to bring about: by moving it in a copy of the truth, and
 * looking at what everybody sees of everything before and after.
 */
import type { Json } from "@stoa/domain";
import type { Request } from "./access-request.ts";
import {
  type Asker,
  branchOf,
  directoryOf,
  may,
  mayUse,
  membershipOf,
  parentOf,
  reaches,
  systemNames,
  type Thing,
  type Truth,
  thingAt,
  thingsOf,
} from "./access-truth.ts";
import { refuse, visibleThing } from "./access-truth-refusal.ts";

export function impactAnswer(
  truth: Truth,
  asker: Asker,
  { group, parent }: Extract<Request, { kind: "impact" }>,
): Json {
  const moved = requireMove(truth, asker, group, parent);
  const beneath = thingsOf(truth, "groups")
    .map(({ id }) => id)
    .filter((id) => branchOf(truth, id).includes(group));
  return {
    moved: countsOf(truth, asker, beneath),
    gain: sideOf(truth, asker, beneath, { from: truth, to: moved }),
    lose: sideOf(truth, asker, beneath, { from: moved, to: truth }),
  };
}

/** The truth after the move. */
function requireMove(truth: Truth, asker: Asker, group: string, parent: string): Truth {
  if (!mayUse(asker, "GET", ["groups"])) refuse("forbidden");
  if (!may(asker, "PATCH", ["groups", ":id"])) refuse("forbidden");
  const thing = visibleThing(truth, asker, "groups", "PATCH", group);
  const from = parentOf(truth, group) ?? refuse("conflict");
  if (!reaches(truth, asker, from)) refuse("forbidden");
  if (!reaches(truth, asker, parent)) refuse("validation");
  if (branchOf(truth, parent).includes(group)) refuse("validation");
  const groups = new Map(truth.tables.get("groups"));
  groups.set(group, { ...thing, fields: { ...thing.fields, parent } });
  return { ...truth, tables: new Map([...truth.tables, ["groups", groups]]) };
}

function countsOf(truth: Truth, asker: Asker, beneath: readonly string[]): Json {
  const inIt = (store: string) =>
    thingsOf(truth, store).filter(({ group }) => beneath.includes(group)).length;
  const ordinary = [...truth.tables.keys()].filter((name) => !systemNames.includes(name)).sort();
  const filled = ordinary.filter((name) => inIt(name) > 0);
  const shown = filled.filter((name) => may(asker, "GET", [name]));
  return {
    groups: beneath.length,
    users: inIt("users"),
    entities: shown.reduce((sum, name) => sum + inIt(name), 0),
    stores: Object.fromEntries(shown.map((name) => [name, inIt(name)])),
    others: shown.length < filled.length,
  };
}

/** Who sees something of it in one truth that he does not see in the other. */
function sideOf(
  truth: Truth,
  asker: Asker,
  beneath: readonly string[],
  { from, to }: { readonly from: Truth; readonly to: Truth },
): Json {
  const known = directoryOf(truth, asker);
  const seesMore = (members: readonly string[]) => {
    const isSeen = (where: Truth, group: string) =>
      branchOf(where, group).some((one) => members.includes(one));
    return beneath.some((group) => isSeen(to, group) && !isSeen(from, group));
  };
  const isEnabled = ({ fields }: Thing) => fields["disabled"] !== true;
  const all = thingsOf(truth, "users").filter(isEnabled);
  const users = all.filter((user) => seesMore(membershipOf(user)));
  const groups = [...branchOf(to, beneath.at(0) ?? "")].filter((id) => seesMore([id]));
  const people = users.filter(({ id }) => known.has(id));
  const named = groups.filter((id) => known.has(id));
  return {
    groups: named.map((id) => ({
      _id: id,
      name: String(thingAt(truth, "groups", id)?.fields["name"]),
    })),
    users: people.length,
    people: people.map(({ id, fields }) => {
      return { _id: id, name: String(fields["name"] ?? fields["login"]) };
    }),
    next: null,
    others: people.length < users.length || named.length < groups.length,
  };
}
