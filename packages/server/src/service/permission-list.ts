/**
 * Everything that rights can name, as the credentials that name it: what a matrix of roles and the
 * scopes of a token are chosen from. Says of each whether the caller holds it itself.
 */
import {
  type Act,
  type Caller,
  holdsPattern,
  isSystemStore,
  parseCredential,
  systemStoreNames,
} from "@stoa/domain";
import { definitionsShownTo } from "./definition-rules.ts";
import type { House } from "./house.ts";
import type { Permission, PermissionGroup } from "./services.ts";

/** @param acts of all stores, as doors have them: `{method: "GET", path: [":store", ":id"]}`. */
export function permissionList(
  house: House,
  caller: Caller,
  acts: readonly Act[],
): readonly PermissionGroup[] {
  const listed = (texts: readonly string[]) => texts.map((text) => permission(caller, text));
  const stores = definitionsShownTo(house, caller);
  const actsIn = (name: string, room: "reference" | null) => {
    return acts
      .filter(({ path }) => (room ? path[0] === room : path[0] === ":store"))
      .filter((act) => isThere(house, name, act))
      .map((act) => credentialOf(act, name));
  };
  const groupOf = (kind: PermissionGroup["kind"], name: string, title = name) => {
    const place = kind === "reference" ? `reference/${name}` : name;
    const texts = actsIn(name, kind === "reference" ? kind : null);
    return { kind, name: place, title, permissions: listed([`* ${place}/*`, ...texts]) };
  };
  return [
    { kind: "everything", name: "*", title: "*", permissions: listed(everythingTexts) },
    ...stores.map(({ name, title }) => groupOf("store", name, title)),
    ...stores
      .filter(({ flavour }) => flavour === "reference")
      .map(({ name, title }) => groupOf("reference", name, title)),
    ...systemStoreNames.map((name) => groupOf("system", name)),
    { kind: "server", name: "server", title: "server", permissions: listed(serverTexts) },
  ];
}

/** Wildcards in the first place mean no system store; the lone `*` means all there is. */
const everythingTexts = ["*", "* *", "GET *", "POST *", "PATCH *", "DELETE *", "LOOKUP *"];

/** What belongs to no store, and not to everybody. */
const serverTexts = [
  ...["GET metrics", "GET statistics", "* backups/*", "GET backups", "POST backups"],
  ...["GET backups/:name", "DELETE backups/:name"],
];

function permission(caller: Caller, credential: string): Permission {
  return { credential, held: holdsPattern(caller, parseCredential(credential)) };
}

function credentialOf({ method, path }: Act, store: string): string {
  return `${method} ${path.map((part) => (part === ":store" ? store : part)).join("/")}`;
}

/** Whether the store has this verb: system stores are not shared, imported or looked up. */
function isThere(house: House, store: string, { method, path }: Act): boolean {
  const rules = house.rulesOf(store);
  if (rules.without?.includes(method) && path.length <= 2) return false;
  const word = path.at(-1) ?? "";
  if (word === "restore") return !rules.without?.includes("PATCH");
  if (!isSystemStore(store)) return true;
  if (word === "transfer") return rules.transfer !== undefined;
  return !unsharedWords.has(word);
}

const unsharedWords: ReadonlySet<string> = new Set(["access", ":principal", "import"]);
