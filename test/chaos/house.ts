/**
 * The house in which the chaos takes place: groups of which one is moved about, people who see
 * different parts of it, and one store.
 */
import { Asker, type Tally } from "./asker.ts";
import { password } from "./crew.ts";

/** `house` holds `left`, `right` and their rooms; `moved` stands below one of the two. */
export type GroupName = "house" | "left" | "room" | "right" | "cellar" | "moved";

export interface Person {
  readonly login: string;
  readonly id: string;
  readonly token: string;
  readonly asker: Asker;
  /** Into which this person may put something at any time. */
  readonly groups: readonly string[];
}

export interface House {
  readonly groups: Readonly<Record<GroupName, string>>;
  readonly admin: Person;
  /** Without the administrator. */
  readonly people: readonly Person[];
}

export const words = ["lantern", "river", "copper", "meadow", "signal"] as const;

export async function makeHouse(urls: readonly string[], tally: Tally): Promise<House> {
  const adminToken = await signIn(urls[0] as string, "admin");
  const asker = new Asker(urls, adminToken, tally);
  const make = async (path: string, body: object): Promise<string> => {
    return (await asker.ask({ method: "POST", path, body })).body._id;
  };
  await make("stores", { name: "notes", search: ["text"], indexes: [["n"]] });
  const found = async (path: string) => (await asker.ask({ method: "GET", path })).body[0];
  const root = (await found("groups"))._id;
  const inside = (parent: string, name: string) => make("groups", { name, parent });
  const house = await inside(root, "house");
  const [left, right] = [await inside(house, "left"), await inside(house, "right")];
  const [room, cellar] = [await inside(left, "room"), await inside(right, "cellar")];
  const moved = await inside(left, "moved");
  const groups = { house, left, room, right, cellar, moved };
  const role = (await found("roles?where.name=member"))._id;
  const people: Person[] = [];
  const all: [string, GroupName, GroupName[]][] = [
    ["ada", "left", ["left", "room"]],
    ["alf", "room", ["room"]],
    ["bob", "right", ["right", "cellar"]],
    ["eve", "moved", ["moved"]],
  ];
  for (const [login, group, own] of all) {
    const id = await make("users", { login, password, role, group: groups[group] });
    const token = await signIn(urls[0] as string, login);
    const names = own.map((name) => groups[name]);
    people.push({ login, id, token, asker: new Asker(urls, token, tally), groups: names });
  }
  const me = await found("users?where.login=admin");
  const everywhere = Object.values(groups);
  const admin = { login: "admin", id: me._id, token: adminToken, asker, groups: everywhere };
  return { groups, admin, people };
}

async function signIn(url: string, login: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ login, password });
  const answer = await fetch(`${url}/api/v1/auth/token`, { method: "POST", headers, body });
  return ((await answer.json()) as { token: string }).token;
}
