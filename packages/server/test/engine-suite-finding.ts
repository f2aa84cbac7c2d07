/**
 * Cases of the engine suite: what a query gives, text by text. Knows only the port.
 */
import assert from "node:assert/strict";
import {
  cursorOf,
  entityText,
  everything,
  type Filter,
  type JsonObject,
  nothing,
  type Path,
  project,
  type Visibility,
} from "@stoa/domain";
import {
  type Case,
  draft,
  found,
  id,
  insert,
  is,
  numbersOf,
  pagesOf,
  query,
  readPresent,
  root,
  store,
  textsOf,
  user,
  type World,
} from "./engine-world.ts";

export const findingCases: readonly Case[] = [
  ["a list holds the texts of its entities, with the branch spliced in", texts],
  ["own fields may have any name and hold any value", nasty],
  ["a filter may ask for own and for system fields", filters],
  ["an index changes no answer", indexed],
  ["a list shows what is visible by owner, reach, grant and self, and nothing else", visibility],
  ["what is visible is the same after opening again", visibleReopened],
  ["a list of some fields holds those and the id", someFields],
  ["a page knows where it ends, whatever fields it shows", ends],
  ["counting agrees with listing", counting],
];

async function texts({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(8, { name: "Delft", "1": [1, { a: null }] }));
  await insert(engine, "cities", draft(7, {}, { access: [id(3), id(4)] }));
  const stored = [await readPresent(engine, "cities", 7), await readPresent(engine, "cities", 8)];
  const branch = JSON.stringify([root]);
  assert.deepEqual(
    await textsOf(engine, "cities", query()),
    stored.map((entity) => entityText(entity, branch)),
  );
}

const own: JsonObject = JSON.parse(
  `{"__proto__":{"a":1},"constructor":"c","a.b":1,"it's \\"so\\"":[true],"back\\\\slash":{},
    "":0,"két szó":"\\ud83d\\ude00\\ufffd","hasOwnProperty":[],"toString":null,"$.x":-1e-7,
    "length":1e300,"big":1152921504606846976,"half":0.30000000000000004,"nl":"\\n\\u2028"}`,
) as JsonObject;

async function nasty({ engine }: World): Promise<void> {
  const names = Object.keys(own).filter((name) => name !== "" && !name.includes("."));
  const indexes = names.map((name) => [[name]]);
  await engine.transact((tx) => tx.define(store("things", { indexes })));
  await insert(engine, "things", draft(7, own), draft(8, {}));
  const [text] = await textsOf(engine, "things", query());
  assert(text?.endsWith(`,${JSON.stringify(own).slice(1)}`));
  for (const name of names) {
    const there: Filter = { kind: "isnull", of: { kind: "property", path: [name] } };
    const expected = own[name] === null ? [] : [7];
    const present = query({ filter: { kind: "not", of: there } });
    assert.deepEqual(await numbersOf(engine, "things", present), expected, name);
    const only = query({ filter: is(["_id"], id(7)), only: [[name]] });
    assert.deepEqual(await found(engine, "things", only), [
      project({ _id: id(7), ...own }, [[name]]),
    ]);
  }
}

async function filters({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft", size: 3 }, { owner: id(3) }));
  await insert(engine, "cities", draft(8, { name: "Gent" }, { access: [id(4)] }), draft(9));
  const cases: [Filter, number[]][] = [
    [is(["name"], "Gent"), [8]],
    [is(["owner"], id(3)), [7]],
    [is(["time"], 1_478_724_243_009), [9]],
    [is(["size"], null), [8, 9]],
    [is(["size", "x"], null), [7, 8, 9]],
    [{ kind: "element", op: "==", path: ["access"], value: id(4) }, [8]],
    [{ kind: "element", op: "==", path: ["branch"], value: root }, [7, 8, 9]],
    [{ kind: "not", of: is(["name"], "Gent") }, [7, 9]],
    [everything, [7, 8, 9]],
    [nothing, []],
  ];
  for (const [filter, expected] of cases) {
    const numbers = await numbersOf(engine, "cities", query({ filter }));
    assert.deepEqual(numbers, expected, JSON.stringify(filter));
    assert.equal(await engine.count("cities", filter), expected.length);
  }
}

async function indexed({ engine }: World): Promise<void> {
  const indexes = [[["name"]], [["size"], ["name"]], [["owner"], ["size"]], [["_id"]]];
  await engine.transact((tx) => tx.define(store("plain")));
  await engine.transact((tx) => tx.define(store("quick", { indexes })));
  const sizes = [3, "3", null, 2.5, [3], { a: 3 }, true, -1];
  const drafts = Array.from({ length: 80 }, (_, index) => {
    const size = sizes[index % sizes.length] ?? null;
    const body = index % 11 === 0 ? { name: "x" } : { name: `n${index % 5}`, size };
    return draft(100 + index, body, { owner: id(index % 3) });
  });
  for (const name of ["plain", "quick"]) await insert(engine, name, ...drafts);
  const paths: Path[] = [["name"], ["size"], ["owner"], ["_id"]];
  for (const path of paths) {
    for (const value of [null, 3, "3", "n2", true, id(1), id(120)]) {
      for (const op of ["==", "<", ">="] as const) {
        const filter: Filter = {
          kind: "compare",
          op,
          left: { kind: "property", path },
          right: { kind: "constant", value },
        };
        for (const descending of [true, false]) {
          const asked = query({ filter, order: [{ path: ["size"], descending }] });
          const [plain, quick] = [
            await textsOf(engine, "plain", asked),
            await textsOf(engine, "quick", asked),
          ];
          assert.deepEqual(quick, plain, `${path} ${op} ${JSON.stringify(value)}`);
        }
      }
    }
  }
}

async function visibility({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, {}, { owner: id(50) }));
  await insert(engine, "cities", draft(8, {}, { group: id(60) }));
  await insert(engine, "cities", draft(9, {}, { access: [id(70), id(71)] }), draft(10));
  const none: Visibility = {
    kind: "visible",
    owner: null,
    principals: new Set(),
    reach: new Set(),
    self: null,
  };
  const cases: [Partial<Visibility>, number[]][] = [
    [{}, []],
    [{ owner: id(50) }, [7]],
    [{ owner: user }, [8, 9, 10]],
    [{ reach: new Set([id(60)]) }, [8]],
    [{ reach: new Set([root]) }, [7, 9, 10]],
    [{ principals: new Set([id(71), id(72)]) }, [9]],
    [{ principals: new Set([id(50), id(60), root]) }, []],
    [{ self: id(10) }, [10]],
    [{ owner: id(50), self: id(10), reach: new Set([id(60)]) }, [7, 8, 10]],
  ];
  for (const [more, expected] of cases) {
    const filter: Filter = { ...none, ...more };
    assert.deepEqual(await numbersOf(engine, "cities", query({ filter })), expected);
    const hidden = query({ filter: { kind: "not", of: filter } });
    assert.equal((await numbersOf(engine, "cities", hidden)).length, 4 - expected.length);
    assert.equal(await engine.count("cities", filter), expected.length);
  }
}

/** Each question is the first after opening, when an engine knows least. */
async function visibleReopened(world: World): Promise<void> {
  const none = { owner: null, principals: new Set<string>(), reach: new Set<string>(), self: null };
  const rules: Visibility[] = [
    { kind: "visible", ...none, reach: new Set([id(60)]) },
    { kind: "visible", ...none, reach: new Set([root, id(60)]) },
    { kind: "visible", ...none, owner: id(50), principals: new Set([id(70)]) },
  ];
  const place = { group: id(60) };
  await insert(world.engine, "cities", draft(7, {}, place), draft(8, {}, place), draft(9));
  const hidden = draft(11, {}, { group: id(61), owner: id(50) });
  await insert(world.engine, "cities", draft(10, {}, { ...place, access: [id(70)] }), hidden);
  const filters = rules.flatMap((rule): Filter[] => [rule, { kind: "not", of: rule }]);
  filters.push(is(["group"], id(60)), is(["owner"], id(50)));
  const expected = [3, 2, 4, 1, 2, 3, 3, 1];
  for (const [index, filter] of filters.entries()) {
    await world.reopen?.();
    const numbers = await numbersOf(world.engine, "cities", query({ filter }));
    assert.equal(numbers.length, expected[index], JSON.stringify(filter));
    await world.reopen?.();
    assert.equal(await world.engine.count("cities", filter), expected[index]);
  }
}

async function someFields({ engine }: World): Promise<void> {
  const place = { name: "Delft", items: [{ a: 1, b: 2 }, 7, {}], deep: { x: 1, y: 2 } };
  await insert(engine, "cities", draft(7, place), draft(8, {}));
  const cases: [Path[], JsonObject][] = [
    [[["name"]], { name: "Delft" }],
    [[["deep", "y"], ["name"]], { deep: { y: 2 }, name: "Delft" }],
    [
      [["name"], ["owner"], ["deep", "y"], ["deep", "x"]],
      { owner: user, name: "Delft", deep: { y: 2, x: 1 } },
    ],
    [
      [
        ["name", "x"],
        ["deep", "x", "y"],
      ],
      {},
    ],
    [[["items", "b"]], { items: [{ b: 2 }, {}] }],
    [[["owner"], ["branch"]], { owner: user, branch: [root] }],
    [[["missing"]], {}],
    [[], {}],
  ];
  for (const [only, expected] of cases) {
    const [first, second] = await textsOf(engine, "cities", query({ only }));
    assert.equal(first, JSON.stringify({ _id: id(7), ...expected }));
    assert.equal((JSON.parse(second ?? "") as JsonObject)._id, id(8));
  }
}

async function ends({ engine }: World): Promise<void> {
  const values = [null, 5, -0, 2 ** 60, "é", true, false, [1, "a"], { a: { b: [] } }];
  const drafts = values.map((name, at) => draft(at + 7, { name }));
  await insert(engine, "cities", ...drafts, draft(90, {}));
  const whole = await textsOf(engine, "cities", query());
  for (const path of ["name", "_id", "owner", "group", "access", "branch", "time", "_at"]) {
    const order = [{ path: [path], descending: path === "group" }];
    for (const only of [null, [["missing"]]]) {
      const pages = await pagesOf(engine, "cities", query({ order, only, limit: 1 }));
      assert.equal(pages.length, 1);
      for (let page = pages[0], seen = 1; page; seen++) {
        const id = (JSON.parse(page.texts[0] as string) as JsonObject)["_id"];
        const text = whole.find((other) => other.startsWith(`{"_id":"${id}"`)) as string;
        const cursor = cursorOf(order, JSON.parse(text) as JsonObject);
        assert.equal(JSON.stringify(page.cursor), JSON.stringify(cursor));
        const next = query({ order, only, limit: 1, after: page.cursor });
        [page] = await pagesOf(engine, "cities", next);
        if (!page) assert.equal(seen, drafts.length + 1);
      }
    }
  }
}

async function counting({ engine }: World): Promise<void> {
  const drafts = Array.from({ length: 250 }, (_, index) => draft(index + 100, { odd: index % 2 }));
  assert.equal(await engine.count("cities", everything), 0);
  await insert(engine, "cities", ...drafts);
  assert.equal(await engine.count("cities", everything), 250);
  assert.equal(await engine.count("cities", is(["odd"], 1)), 125);
  assert.equal(await engine.count("cities", is(["group"], root)), 250);
  assert.equal(await engine.count("cities", nothing), 0);
}
