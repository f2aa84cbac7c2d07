/**
 * Several processes, and who may do what: what one of them has answered counts for the very next
 * request to any other; for workers over one file, and for nodes over one database.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isUuid } from "@stoa/domain";
import { createDatabase } from "../packages/server/test/postgres-cluster.ts";
import { Connection } from "./connection.ts";
import { Program } from "./program.ts";

/** Though mostly is written. */
const all = ["--workers-mode", "all"];
const password = "correct horse";
const rounds = 15;

/** Processes that serve the same. */
interface Crew {
  /** Where one reaches them; behind one address there may be several. */
  readonly urls: readonly string[];
  readonly programs: readonly Program[];
  clear(): Promise<void>;
}

const env = { STOA_ADMIN_PASSWORD: password, STOA_LOG: "error" };

async function threeWorkers(): Promise<Crew> {
  const folder = await mkdtemp(join(tmpdir(), "stoa-workers-rights-"));
  const program = Program.node(["--data", folder, "--port", "0", "--workers", "3", ...all], env);
  const clear = () => rm(folder, { recursive: true });
  return { urls: [await program.ready()], programs: [program], clear };
}

async function twoNodes(): Promise<Crew> {
  const { url, remove } = await createDatabase();
  const node = () => Program.node(["--port", "0"], { ...env, STOA_DATA: url });
  const programs = [node(), node()];
  const urls = await Promise.all(programs.map((one) => one.ready()));
  return { urls, programs, clear: remove };
}

const crews = {
  "one of three workers": threeWorkers,
  "one of two nodes over a database": twoNodes,
};

for (const [name, start] of Object.entries(crews)) {
  describe(`what ${name} has answered counts at once for all of them:`, () => {
    let crew: Crew;
    let admins: Connection[] = [];
    let user = "";
    let role = "";
    /** Groups of the user, below it, and beside it. */
    const groups = { own: "", below: "", beside: "" };
    let entity = "";

    /** Kept connections, to all of them. */
    function connect(count: number, token: string): Connection[] {
      const { urls } = crew;
      return Array.from({ length: count }, (_, at) => {
        return new Connection(urls[at % urls.length] as string, token);
      });
    }

    before(async () => {
      crew = await start();
      const token = await (crew.programs[0] as Program).signIn(password);
      admins = connect(3, token);
      const me = await asAdmin("GET", "/api/v1/groups");
      const [root] = JSON.parse(me.text) as { _id: string }[];
      const group = async (name: string, parent: string) => {
        return (await asAdmin("POST", "/api/v1/groups", { name, parent })).body._id;
      };
      groups.own = await group("own", root?._id ?? "");
      groups.beside = await group("beside", root?._id ?? "");
      groups.below = await group("below", groups.own);
      await asAdmin("POST", "/api/v1/stores", { name: "notes" });
      const credentials = ["GET *"];
      role = (await asAdmin("POST", "/api/v1/roles", { name: "looker", credentials })).body._id;
      const person = { login: "ann", name: "Ann", password, role, group: groups.own };
      user = (await asAdmin("POST", "/api/v1/users", person)).body._id;
      const moved = await asAdmin("POST", `/api/v1/users/${user}/transfer`, { group: groups.own });
      assert.equal(moved.status, 200, moved.text);
      const made = await asAdmin("POST", "/api/v1/notes", { text: "x", group: groups.below });
      assert.equal(made.status, 200, made.text);
      entity = made.body._id;
    });

    after(async () => {
      for (const one of admins) one.close();
      for (const program of crew.programs) {
        assert.equal(await program.stop("SIGTERM"), 0);
        assert.equal(program.errors, "");
      }
      await crew.clear();
    });

    let turn = 0;
    /** Through each of the workers in turn. */
    async function asAdmin(method: string, path: string, body?: object) {
      turn++;
      const answer = await (admins[turn % admins.length] as Connection).ask(method, path, body);
      assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
      return answer;
    }

    /** The token of the user, and connections with it to all workers. */
    async function signIn(): Promise<{ token: string; connections: Connection[] }> {
      const door = connect(1, "")[0] as Connection;
      const { body } = await door.ask("POST", "/api/v1/auth/token", { login: "ann", password });
      door.close();
      const token = String(body["token"]);
      return { token, connections: connect(6, token) };
    }

    async function expect(
      connections: readonly Connection[],
      path: string,
      status: number,
      sent?: object,
    ) {
      const method = sent ? "POST" : "GET";
      const answers = await Promise.all(connections.map((one) => one.ask(method, path, sent)));
      assert.deepEqual(
        answers.map((answer) => answer.status),
        connections.map(() => status),
        path,
      );
    }

    test("a role that is changed", async () => {
      const { connections } = await signIn();
      for (let round = 0; round < rounds; round++) {
        await expect(connections, `/api/v1/notes/${entity}`, 200);
        await asAdmin("PATCH", `/api/v1/roles/${role}`, { credentials: ["GET users"] });
        await expect(connections, `/api/v1/notes/${entity}`, 403);
        await asAdmin("PATCH", `/api/v1/roles/${role}`, { credentials: ["GET *"] });
      }
      for (const one of connections) one.close();
    });

    test("a right to write, given and taken away", async () => {
      const { connections } = await signIn();
      for (let round = 0; round < rounds; round++) {
        await asAdmin("PATCH", `/api/v1/roles/${role}`, { credentials: ["GET *", "POST notes"] });
        await expect(connections, "/api/v1/notes", 200, { text: "y" });
        await asAdmin("PATCH", `/api/v1/roles/${role}`, { credentials: ["GET *"] });
        await expect(connections, "/api/v1/notes", 403, { text: "z" });
        const { text } = await asAdmin("GET", "/api/v1/notes?only=text");
        assert.ok(text.includes('"y"') && !text.includes('"z"'), text);
      }
      for (const one of connections) one.close();
    });

    test("a store that is made, given rules and dropped, for those who write into it", async () => {
      const make = async (definition: object) => {
        const { body } = await asAdmin("POST", "/api/v1/stores", { name: "lists", ...definition });
        return `/api/v1/stores/${body._id}`;
      };
      const [path, sent] = ["/api/v1/lists", { a: 1 }];
      const schema = { properties: { a: { type: "string" } } };
      for (let round = 0; round < rounds; round++) {
        await expect(admins, path, 404, sent);
        const plain = await make({});
        await expect(admins, path, 200, sent);
        await asAdmin("PATCH", `${plain}?enforce=true`, { schema });
        await expect(admins, path, 400, sent);
        await asAdmin("DELETE", `${plain}?confirm=lists`);
        // Nobody is told that it was away.
        const other = await make({ flavour: "reference" });
        const { body, text } = await asAdmin("POST", path, { type: "list" });
        assert.ok(isUuid(body._id) && "ext" in body, text);
        await asAdmin("DELETE", `${other}?confirm=lists`);
      }
    });

    test("an entity that is changed, shared and removed", async () => {
      const { connections } = await signIn();
      const own = await asAdmin("POST", "/api/v1/notes", { text: "0", group: groups.below });
      const apart = await asAdmin("POST", "/api/v1/notes", { text: "0", group: groups.beside });
      const [path, other] = [own, apart].map(({ body }) => `/api/v1/notes/${body._id}`) as [
        string,
        string,
      ];
      await expect(connections, other, 404);
      for (let round = 1; round <= rounds; round++) {
        await asAdmin("PATCH", path, { text: String(round) });
        const seen = await Promise.all(connections.map((one) => one.ask("GET", path)));
        assert.deepEqual(
          seen.map(({ body }) => body["text"]),
          connections.map(() => String(round)),
        );
        await asAdmin("POST", `${other}/access`, { grant: [user] });
        await expect(connections, other, 200);
        await asAdmin("DELETE", `${other}/access/${user}`);
        await expect(connections, other, 404);
      }
      await asAdmin("DELETE", path);
      await expect(connections, path, 404);
      for (const one of connections) one.close();
    });

    test("a store that is dropped and made anew, for those who read in it", async () => {
      const { connections } = await signIn();
      for (let round = 0; round < rounds; round++) {
        const made = await asAdmin("POST", "/api/v1/stores", { name: "tides" });
        const entity = { text: "x", group: groups.below };
        const { body } = await asAdmin("POST", "/api/v1/tides", entity);
        const path = `/api/v1/tides/${body._id}`;
        await expect(connections, path, 200);
        await asAdmin("DELETE", `/api/v1/stores/${made.body._id}?confirm=tides`);
        if (round % 2) await expect(connections, path, 404);
      }
      for (const one of connections) one.close();
    });

    test("a group that is moved", async () => {
      const { connections } = await signIn();
      const path = `/api/v1/groups/${groups.below}`;
      for (let round = 0; round < rounds; round++) {
        await expect(connections, `/api/v1/notes/${entity}`, 200);
        await asAdmin("PATCH", path, { parent: groups.beside });
        await expect(connections, `/api/v1/notes/${entity}`, 404);
        await asAdmin("PATCH", path, { parent: groups.own });
      }
      for (const one of connections) one.close();
    });

    test("a user who is disabled, and a password that is changed", async () => {
      for (let round = 0; round < 4; round++) {
        const { connections } = await signIn();
        await expect(connections, `/api/v1/notes/${entity}`, 200);
        await asAdmin("PATCH", `/api/v1/users/${user}`, { disabled: true });
        await expect(connections, `/api/v1/notes/${entity}`, 401);
        await asAdmin("PATCH", `/api/v1/users/${user}`, { disabled: false });
        for (const one of connections) one.close();
        const again = await signIn();
        await expect(again.connections, `/api/v1/notes/${entity}`, 200);
        await asAdmin("PATCH", `/api/v1/users/${user}`, { password });
        await expect(again.connections, `/api/v1/notes/${entity}`, 401);
        for (const one of again.connections) one.close();
      }
    });

    test("a token that is revoked", async () => {
      for (let round = 0; round < rounds; round++) {
        const { body } = await asAdmin("POST", "/api/v1/tokens", { name: `t${round}` });
        const token = String(body["token"]);
        const connections = connect(6, token);
        await expect(connections, `/api/v1/notes/${entity}`, 200);
        await expect(connections, "/api/v1/notes", 200, { text: "y" });
        await asAdmin("DELETE", `/api/v1/tokens/${body._id}`);
        const sent = [{ text: "revoked" }, [1]][round % 2];
        if (round % 3 > 0) await expect(connections, "/api/v1/notes", 401, sent);
        else await expect(connections, `/api/v1/notes/${entity}`, 401);
        for (const one of connections) one.close();
      }
    });
  });
}
