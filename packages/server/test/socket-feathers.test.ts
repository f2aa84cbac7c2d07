/**
 * The client of FeathersJS as it is published, against Stoa: calls, errors and events.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Application, feathers } from "@feathersjs/feathers";
import socketio from "@feathersjs/socketio-client";
import { io, type Socket } from "socket.io-client";
import { createWorld } from "./api-table.ts";
import { until } from "./socket-client.ts";

const world = await createWorld();

// biome-ignore lint/suspicious/noExplicitAny: services of whatever shape
type Any = any;

describe("a stock client of FeathersJS", () => {
  let socket: Socket;
  let app: Application<Any>;
  let cities: Any;

  before(() => {
    socket = io(world.url, {
      transports: ["websocket"],
      auth: { token: world.tokenOf("ada") },
      query: { events: "cities" },
    });
    // Its types describe a module of the other kind.
    app = feathers().configure((socketio as Any)(socket));
    cities = app.service("cities");
  });
  after(() => void socket.close());

  const names = (found: { name: string }[]) => found.map(({ name }) => name);

  test("finds, with its own operators", async () => {
    assert.deepEqual(names(await cities.find()), ["delft", "gouda", "leiden"]);
    const rows: [query: object, expected: string[]][] = [
      [{ $limit: 1, $skip: 1 }, ["gouda"]],
      [{ $sort: { value: -1 } }, ["leiden", "gouda", "delft"]],
      [{ name: "delft" }, ["delft"]],
      [{ value: { $gt: 10, $lt: 30 } }, ["gouda"]],
      [{ value: { $gte: 10, $lte: 20 } }, ["delft", "gouda"]],
      [{ name: { $in: ["delft", "leiden"] } }, ["delft", "leiden"]],
      [{ name: { $nin: ["delft", "leiden"] } }, ["gouda"]],
      [{ name: { $ne: "delft" } }, ["gouda", "leiden"]],
      [{ $or: [{ name: "delft" }, { value: 30 }] }, ["delft", "leiden"]],
      [{ "address.country": "NL", $limit: 0 }, []],
    ];
    for (const [query, expected] of rows) {
      assert.deepEqual(names(await cities.find({ query })), expected, JSON.stringify(query));
    }
    const [picked] = await cities.find({ query: { $select: ["name"], $limit: 1 } });
    assert.deepEqual(picked, { _id: world.ids["delft"], name: "delft" });
  });

  test("gets, creates, patches and removes, and hears of it", async () => {
    const heard: [string, Any][] = [];
    for (const name of ["created", "patched", "removed"]) {
      cities.on(name, (city: Any) => heard.push([name, city]));
    }
    const made = await cities.create({ name: "breda", value: 50 });
    assert.equal((await cities.get(made._id)).name, "breda");
    const patched = await cities.patch(made._id, { value: 51 });
    assert.equal(patched.value, 51);
    assert.deepEqual(await cities.remove(made._id), patched);
    await until(() => heard.length === 3, "three events");
    assert.deepEqual(heard, [
      ["created", made],
      ["patched", patched],
      ["removed", { _id: made._id }],
    ]);
  });

  test("creates many at once", async () => {
    const made = await cities.create([{ name: "one" }, { name: "two" }]);
    assert.deepEqual(names(made), ["one", "two"]);
    for (const { _id } of made) await cities.remove(_id);
  });

  const failures: [name: string, work: () => Promise<unknown>, error: string, code: number][] = [
    ["an entity that is not there", () => cities.get("0123456789abcdef01234567"), "NotFound", 404],
    ["somebody else's entity", () => cities.get(world.ids["lima"]), "NotFound", 404],
    ["a store that is not there", () => app.service("towns").find(), "NotFound", 404],
    ["a right that one has not", () => app.service("roles").find(), "Forbidden", 403],
    ["many at once", () => cities.patch(null, { value: 1 }), "MethodNotAllowed", 405],
    ["a whole replacement", () => cities.update("1", {}), "MethodNotAllowed", 405],
    ["an unknown operator", () => cities.find({ query: { a: { $where: 1 } } }), "BadRequest", 400],
    ["a page too large", () => cities.find({ query: { $limit: 10_001 } }), "BadRequest", 400],
  ];
  for (const [name, work, error, code] of failures) {
    test(`is told of ${name} by an error that it knows`, async () => {
      const failure = await work().then(
        () => assert.fail("should fail"),
        (cause: Any) => cause,
      );
      assert.equal(failure.name, error);
      assert.equal(failure.code, code);
      assert.equal(failure.type, "FeathersError");
      assert.equal(failure.success, false);
      assert.ok(failure.tags[0].startsWith("error_"));
    });
  }
});
