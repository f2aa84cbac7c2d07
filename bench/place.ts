/**
 * What all works of one size share: the server and its two limits over copies of the same data, and
 * who asks for what. Measures nothing.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Api, signIn } from "./api.ts";
import type { RawTask } from "./limit-sqlite.ts";
import { type Partner, type Server, startPartner, startStoa } from "./process.ts";
import { logins, type Seed, seededCopy } from "./seed.ts";

export interface Place {
  readonly seed: Seed;
  readonly server: Server;
  /** A member of one middle group, who sees about 3 % of the store. */
  readonly middle: Api;
  /** A member of the root group, who sees everything. */
  readonly whole: Api;
  readonly bare: Partner;
  readonly raw: Partner;
  /** Entities that the member of the middle group sees. */
  readonly ids: readonly string[];
  /** What the raw loop must know to do the same work. */
  readonly task: Omit<RawTask, "work" | "seconds" | "perCommit">;
  end(): Promise<void>;
}

export async function openPlace(entities: number): Promise<Place> {
  const { data, seed } = await seededCopy(entities, "run-stoa");
  const copy = await seededCopy(entities, "run-raw");
  const server = await startStoa(data);
  const middle = await signIn(server.url, logins.middle);
  const whole = await signIn(server.url, logins.whole);
  const bare = startPartner("limit-http.ts");
  const raw = startPartner("limit-sqlite.ts", [join(copy.data, "stoa.db")]);
  const list = await middle.send("GET", "bench?only=_id&nolimit=true");
  const ids = (JSON.parse(list.text) as { _id: string }[]).map(({ _id }) => _id);
  const user = await userOf(await signIn(server.url, "admin"), logins.middle);
  const principals = [user, seed.middleGroup];
  const task = { ids, reach: seed.reach, user, principals };
  const end = async () => {
    await Promise.all([server.end(), bare.end(), raw.end()]);
    for (const folder of [data, copy.data]) rmSync(folder, { recursive: true, force: true });
  };
  return { seed, server, middle, whole, bare, raw, ids, task, end };
}

async function userOf(admin: Api, login: string): Promise<string> {
  const { text } = await admin.send("GET", `users?where.login=${login}`);
  const [user] = JSON.parse(text) as { _id: string }[];
  if (user === undefined) throw new Error(`no user ${login}`);
  return user._id;
}
