/**
 * Groups and people for the benches of access and growth: a company with 20 divisions of 50 teams
 * each, which alone own entities, and callers who see much, some or nearly nothing of them.
 */
import { type Api, signIn } from "./api.ts";
import { adminPassword } from "./process.ts";
import { makeGroups, memberRole } from "./seed.ts";

export interface World {
  readonly rootGroup: string;
  readonly divisions: readonly string[];
  /** Division by division: the teams of the first are the first 50. */
  readonly teams: readonly string[];
  readonly callers: readonly WorldCaller[];
}

export interface WorldCaller {
  /** `"20 groups, 1 %"` */
  readonly name: string;
  readonly login: string;
  readonly user: string;
  /** Its own groups, as the engine is asked. */
  readonly groups: readonly string[];
  /**
   * Its groups as the API knows it: at most `limit.userGroupsMax`, which reach the same ones.
   */
  readonly account: readonly string[];
}

/** Which teams own what share of a store, and for whom. */
export interface Portion {
  /** Of 10,000 entities. */
  readonly parts: number;
  readonly teams: readonly string[];
  /** The caller who sees it; undefined for the rest. */
  readonly user: string | undefined;
}

export async function makeWorld(admin: Api): Promise<World> {
  const [top] = JSON.parse((await admin.send("GET", "groups")).text) as [{ _id: string }];
  const rootGroup = top._id;
  const [company = ""] = await makeGroups(admin, [rootGroup]);
  const divisions = await makeGroups(admin, Array(divisionsTotal).fill(company) as string[]);
  const parents = divisions.flatMap((division) => Array(teamsEach).fill(division) as string[]);
  const teams = await makeGroups(admin, parents);
  const role = await memberRole(admin);
  const callers: WorldCaller[] = [];
  for (const plan of plansOf({ rootGroup, company, divisions, teams })) {
    const [group = "", ...groups] = plan.account;
    const account = { login: plan.login, password: adminPassword, role, group, groups };
    const user = JSON.parse((await admin.send("POST", "users", account)).text) as { _id: string };
    callers.push({ ...plan, user: user._id });
  }
  return { rootGroup, divisions, teams, callers };
}

export async function signInAs(url: string, { login }: WorldCaller): Promise<Api> {
  return signIn(url, login);
}

export function portionsOf({ teams, callers }: World): readonly Portion[] {
  const user = (login: string) => callers.find((caller) => caller.login === login)?.user;
  return [
    { parts: 100, teams: teams.slice(...oneTeamSome), user: user("one-some") },
    { parts: 100, teams: teams.slice(...twentySome), user: user("twenty-some") },
    { parts: 1, teams: teams.slice(...oneTeamFew), user: user("one-few") },
    { parts: 1, teams: teams.slice(...twentyFew), user: user("twenty-few") },
    { parts: 1, teams: teams.slice(...manyTeams), user: user("many-few") },
    { parts: 9_797, teams: teams.slice(restFrom), user: undefined },
  ];
}

interface Tree {
  readonly rootGroup: string;
  readonly company: string;
  readonly divisions: readonly string[];
  readonly teams: readonly string[];
}

type Range = readonly [from: number, to: number];

const [divisionsTotal, teamsEach] = [20, 50];
/** Ten divisions. */
const manyTeams: Range = [0, 500];
const twentySome: Range = [500, 520];
const twentyFew: Range = [520, 540];
const oneTeamSome: Range = [540, 541];
const oneTeamFew: Range = [541, 542];
const restFrom = 542;

function plansOf({ rootGroup, company, divisions, teams }: Tree): Omit<WorldCaller, "user">[] {
  const plan = (name: string, login: string, groups: string[], account = groups) => {
    return { name, login, groups, account };
  };
  const [many, some] = [teams.slice(...manyTeams), teams.slice(...twentySome)];
  const nine = divisions.slice(0, 9);
  return [
    plan("root", "root-all", [rootGroup]),
    plan("1 group, 100 %", "one-all", [company]),
    plan("1 group, 1 %", "one-some", teams.slice(...oneTeamSome)),
    plan("1 group, 0.01 %", "one-few", teams.slice(...oneTeamFew)),
    plan("20 groups, 100 %", "twenty-all", [...divisions]),
    plan("20 groups, 1 %", "twenty-some", some),
    plan("20 groups, 0.01 %", "twenty-few", teams.slice(...twentyFew)),
    plan(
      "500 groups, 100 %",
      "many-all",
      [...divisions, ...teams.slice(0, 480)],
      [...divisions, ...teams.slice(0, 40)],
    ),
    plan(
      "500 groups, 1 %",
      "many-some",
      [...many.slice(0, 480), ...some],
      [...nine, ...many.slice(450, 480), ...some],
    ),
    plan("500 groups, 0.01 %", "many-few", many, divisions.slice(0, 10)),
  ];
}
