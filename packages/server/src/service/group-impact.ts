/**
 * What the move of a group would bring about, before it happens: how many entities change hands,
 * and who comes to see them or sees them no longer. For those who may move it (rule 11).
 */
import {
  type Caller,
  type Filter,
  type JsonObject,
  StoaError,
  textField,
  violation,
} from "@stoa/domain";
import { groupsOf } from "./caller-service.ts";
import { definitionsShownTo } from "./definition-rules.ts";
import { directoryReach, withinOrBeside } from "./directory.ts";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { GroupImpact, ImpactQuestion, ImpactSide, Moved } from "./services.ts";
import { guarded, notFound, sees, visibleFilter } from "./visibility.ts";

export async function groupImpact(
  house: House,
  caller: Caller,
  question: ImpactQuestion,
): Promise<GroupImpact> {
  const { group, parent } = question;
  requireAct(caller, { method: "GET", path: ["groups"] });
  requireAct(caller, { method: "PATCH", path: ["groups", ":id"] });
  const { tree } = house.engine;
  await requireMove(house, caller, group, parent);
  const old = tree.branchOf(tree.parentOf(group) as string);
  const next = tree.branchOf(parent);
  const [gain, lose] = await sidesOf(house, caller, question, {
    gain: next.filter((one) => !old.includes(one)),
    lose: old.filter((one) => !next.includes(one)),
    either: new Set([group, ...old.filter((one) => next.includes(one))]),
  });
  return { moved: await movedOf(house, caller, group), gain, lose };
}

/** The refusals of the move itself, in their order. */
async function requireMove(house: House, caller: Caller, group: string, parent: string) {
  const { engine } = house;
  const { tree } = engine;
  const entity = await engine.read("groups", group);
  const visible = await visibleFilter(house, caller, "groups", "PATCH", tree);
  if (!entity || !sees(visible, entity, tree)) throw notFound("groups");
  const reach = tree.reachOf(caller.groups);
  const from = tree.parentOf(group);
  if (from === null) throw new StoaError("conflict", "The root group cannot be moved.");
  if (!reach.has(from)) {
    throw new StoaError("forbidden", "Only those above a group's parent move or remove it.");
  }
  if (!reach.has(parent)) {
    throw violation("parent", "reach", "must be one of your groups or below one");
  }
  tree.with({ id: group, parent, revision: 0 });
}

/** All that stands beneath; of stores that the caller may not read it learns only that there is. */
async function movedOf(house: House, caller: Caller, group: string): Promise<Moved> {
  const { engine, catalog } = house;
  const reach = engine.tree.reachOf([group]);
  const beneath: Filter = {
    kind: "visible",
    owner: null,
    principals: new Set(),
    reach,
    self: null,
  };
  const shown = new Set(definitionsShownTo(house, caller).map(({ name }) => name));
  const stores = new Map<string, number>();
  let others = false;
  for (const { name } of catalog.definitions()) {
    const count = await engine.count(name, beneath);
    if (count === 0) continue;
    if (shown.has(name)) stores.set(name, count);
    else others = true;
  }
  const entities = [...stores.values()].reduce((sum, count) => sum + count, 0);
  const users = await engine.count("users", beneath);
  return { groups: reach.size, users, entities, stores, others };
}

interface Places {
  readonly gain: readonly string[];
  readonly lose: readonly string[];
  /** Who is in one of these sees all of it before and after. */
  readonly either: ReadonlySet<string>;
}

/** Who owns an entity or was granted it sees it all the same; that is not looked at. */
async function sidesOf(
  house: House,
  caller: Caller,
  { after, limit }: ImpactQuestion,
  { gain, lose, either }: Places,
): Promise<readonly [gain: ImpactSide, lose: ImpactSide]> {
  const known = directoryReach(caller, house.engine.tree);
  const sides = [
    await Side.of(house, gain, { after, limit, known }),
    await Side.of(house, lose, { after, limit, known }),
  ] as const;
  for await (const user of enabledUsers(house, caller, [...gain, ...lose])) {
    if (user.groups.some((group) => either.has(group))) continue;
    const [isGained, isLost] = sides.map((side) => side.holds(user));
    // Who is on both sides sees it before and after.
    if (isGained === isLost) continue;
    (isGained ? sides[0] : sides[1]).add(user);
  }
  return [sides[0].shown(), sides[1].shown()];
}

interface User {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
}

interface SideOptions {
  readonly after: string;
  readonly limit: number;
  /** Groups of the caller's directory. */
  readonly known: ReadonlySet<string>;
}

/** Those who gain, or those who lose. Names are told of those whom the caller knows. */
class Side {
  readonly #groups: readonly string[];
  readonly #options: SideOptions;
  readonly #named: { _id: string; name: string }[] = [];
  readonly #people: { _id: string; name: string }[] = [];
  #users = 0;
  #others = false;
  #next: string | null = null;

  private constructor(groups: readonly string[], options: SideOptions) {
    this.#groups = groups;
    this.#options = options;
  }

  static async of({ engine }: House, groups: readonly string[], options: SideOptions) {
    const side = new Side(groups, options);
    for (const id of groups) {
      if (!options.known.has(id)) side.#others = true;
      else side.#named.push({ _id: id, name: await groupName(engine, id) });
    }
    return side;
  }

  holds({ groups }: User): boolean {
    return groups.some((group) => this.#groups.includes(group));
  }

  /** In the order of ids. */
  add({ id, name, groups }: User): void {
    const { after, limit, known } = this.#options;
    if (!groups.some((group) => known.has(group))) {
      this.#others = true;
      return;
    }
    this.#users++;
    if (id <= after) return;
    if (this.#people.length < limit) this.#people.push({ _id: id, name });
    else this.#next ??= this.#people.at(-1)?._id ?? null;
  }

  shown(): ImpactSide {
    return {
      groups: this.#named,
      users: this.#users,
      people: this.#people,
      next: this.#next,
      others: this.#others,
    };
  }
}

async function groupName(engine: House["engine"], id: string): Promise<string> {
  const group = await engine.read("groups", id);
  return textField(JSON.parse(group?.body ?? "{}") as JsonObject, "name") ?? "";
}

async function* enabledUsers(
  house: House,
  caller: Caller,
  groups: readonly string[],
): AsyncGenerator<User> {
  if (groups.length === 0) return;
  const all = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null, only: null };
  const filter = withinOrBeside(new Set(groups));
  const pages = house.engine.find("users", { ...all, filter });
  for await (const { texts } of guarded(house, caller, pages)) {
    for (const text of texts) {
      const fields = JSON.parse(text) as JsonObject & { _id: string; group: string };
      if (fields["disabled"] === true) continue;
      const name = textField(fields, "name") ?? textField(fields, "login") ?? "";
      yield { id: fields._id, name, groups: groupsOf({ group: fields.group, body: text }) };
    }
  }
}
