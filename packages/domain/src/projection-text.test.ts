/**
 * The projection on texts: byte for byte what `project` makes of the values.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "./json.ts";
import { textSeparator } from "./page.ts";
import { type Path, parsePath } from "./path.ts";
import { project } from "./projection.ts";
import { TextProjection } from "./projection-text.ts";

function projected(texts: readonly string[], paths: readonly Path[]): string {
  const bytes = new TextEncoder().encode(texts.join(textSeparator));
  const projection = new TextProjection(paths);
  const first = new TextDecoder().decode(projection.bytesOf(bytes));
  // Again with what was met before, and where no word begins at a multiple of four.
  const aside = new Uint8Array(bytes.length + 8).subarray(3, 3 + bytes.length);
  aside.set(bytes);
  assert.equal(new TextDecoder().decode(projection.bytesOf(aside)), first);
  return first;
}

const byValue = (text: string, paths: readonly Path[]) =>
  JSON.stringify(project(JSON.parse(text) as JsonObject, paths));

test("of each text the id and the named fields stay, as they are named", () => {
  const texts = ['{"_id":"1","time":5,"a":1,"b":{"c":2,"d":[3]}}', '{"_id":"2","time":6}'];
  assert.equal(
    projected(texts, ["b.c", "a", "time"].map(parsePath)),
    '{"_id":"1","time":5,"b":{"c":2},"a":1}\n,\n{"_id":"2","time":6}',
  );
  assert.equal(new TextProjection([["a"]]).textOf(texts[0] as string), '{"_id":"1","a":1}');
  assert.equal(new TextProjection([["a"]]).textOf('{"a":1}'), '{"a":1}');
  assert.equal(new TextProjection([["a"]]).textOf("{}"), "{}");
  assert.equal(projected([], [["a"]]), "");
  assert.equal(
    projected(['1{"a":1,"b":2}', "2{}", '3{"c":3}'], [["b"], ["_id"]]),
    '{"_id":"1","b":2}\n,\n{"_id":"2"}\n,\n{"_id":"3"}',
  );
});

test("names and strings with quotes, braces and backslashes are no boundaries", () => {
  const value = {
    _id: "1",
    'a"}': '\\"{',
    "b\\": ["}\\\\", '"'],
    "c,d": { "e:": '","x":1' },
    x: 2,
  };
  const text = JSON.stringify(value);
  for (const name of Object.keys(value)) {
    assert.equal(
      projected([text, text], [[name]]),
      [text, text].map((t) => byValue(t, [[name]])).join(textSeparator),
    );
  }
});

test("what is nested deeper than another stays, with what stands behind it", () => {
  const nested = '{"x":1,"b":{"z":[0],"c":{"d":{"e":2,"f":3},"g":4},"h":5},"i":{"j":6},"k":7}';
  const texts = [`{"_id":"1",${nested.slice(1)}`, '{"_id":"2","k":1,"b":{"c":[{"d":{"e":1}},{}]}}'];
  for (const names of ["b.c.d.e k", "b.c.d.e b.h k", "k i.j b.c.g", "b.c.d b.c.d.e i.y k"]) {
    const paths = names.split(" ").map(parsePath);
    const expected = texts.map((text) => byValue(text, paths)).join(textSeparator);
    assert.equal(projected(texts, paths), expected);
    assert.equal(projected([`1${nested}`], paths), byValue(texts[0] as string, paths));
  }
});

test("large texts, many of them and members that come and go are cut alike", () => {
  const texts = Array.from({ length: 3_000 }, (_, n) => {
    const rare = n % 3 === 0 ? { [`rare${n % 200}`]: "a".repeat(n % 50), [`n${n % 7}`]: n } : {};
    const large = n % 10 === 0 ? { note: `\\"${"é".repeat(n)}` } : { note: "short" };
    return JSON.stringify({ _id: `${n}`, ...rare, score: n / 7, ...large, last: n % 2 === 0 });
  });
  for (const names of ["note", "last", "n3 note last", "score rare3 n0", "last score note"]) {
    const paths = names.split(" ").map(parsePath);
    const expected = texts.map((text) => byValue(text, paths)).join(textSeparator);
    assert(projected(texts, paths) === expected, names);
  }
});

test("random entities give what their values give", () => {
  const names = [
    "a",
    "b",
    "ab",
    "é",
    "😀",
    '"',
    "\\b",
    "__proto__",
    "constructor",
    "1",
    "time",
    "",
  ];
  const name = fc.constantFrom(...names);
  const { json } = fc.letrec<{ json: Json; leaf: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(name, tie("json"), { maxKeys: 5 }) as fc.Arbitrary<Json>,
    ),
    leaf: fc.oneof(
      fc.constantFrom<Json>(null, true, false, 0, -1.5e-7, 1e21, "", "\ud800", "\n\u2028"),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ",", "a"), maxLength: 40 }),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
    ),
  }));
  const fields = fc.dictionary(name, json, { maxKeys: 8 });
  // An id is always a text.
  const entity = fc.tuple(fc.uuid(), fields).map(([_id, own]) => ({ _id, ...own }));
  const asked = fc.constantFrom(...names.filter((one) => one !== "1"), "_id");
  const rarely = { arbitrary: fc.constant("1"), weight: 1 };
  const path = fc.array(fc.oneof({ arbitrary: asked, weight: 20 }, rarely), {
    minLength: 1,
    maxLength: 4,
  });
  const paths = fc.array(path, { maxLength: 5 });
  let kept = 0;
  fc.assert(
    fc.property(fc.array(entity, { minLength: 1, maxLength: 4 }), paths, (entities, only) => {
      // Twice, since names that are numbers change their places when they are read.
      const texts = entities.map((one) => JSON.stringify(JSON.parse(JSON.stringify(one))));
      const expected = texts.map((text) => byValue(text, only)).join(textSeparator);
      kept += expected.length;
      assert.equal(projected(texts, only), expected);
      const parts = texts.map((text) => text.replace(/^\{"_id":"([^"]*)",?/, "$1{"));
      const isFirst = texts.every((text) => text.startsWith('{"_id"'));
      if (isFirst) assert.equal(projected(parts, only), expected);
    }),
    { numRuns: 1_000 },
  );
  assert(kept > 10_000, "something is left of them");
});
