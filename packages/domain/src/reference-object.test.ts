/**
 * Objects of the reference API: their shape, what a patch does to them, and what changes nothing.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StoaError } from "./error.ts";
import { type Json, type JsonObject, parseJson } from "./json.ts";
import { referenceRestBytesMax, referenceValueBytesMax } from "./limit.ts";
import { changeReference, createReference, mergeReference, timeText } from "./reference-object.ts";

const time = Date.parse("2019-08-21T07:24:18.620Z");
const made = createReference(
  { ext: { own: 1, ct: "mine" }, opts: { user_tags: ["red"], title: "a" }, value: 2, type: "t" },
  time,
);

test("an object is kept in the order in which it is served, with the server's times", () => {
  assert.equal(
    JSON.stringify(made),
    '{"type":"t","value":2,"opts":{"title":"a","user_tags":["red"]},' +
      '"ext":{"ct":"2019-08-21T07:24:18.620Z","lwt":"2019-08-21T07:24:18.620Z","own":1}}',
  );
});

test("opts and ext are always there, a value only where one was given, and null is one", () => {
  const text = (body: JsonObject) => JSON.stringify(createReference(body, time));
  const ext = '"ext":{"ct":"2019-08-21T07:24:18.620Z","lwt":"2019-08-21T07:24:18.620Z"}';
  assert.equal(text({ type: "t" }), `{"type":"t","opts":{},${ext}}`);
  assert.equal(text({ type: "t", opts: null, ext: null }), `{"type":"t","opts":{},${ext}}`);
  assert.equal(text({ type: "t", value: null }), `{"type":"t","value":null,"opts":{},${ext}}`);
});

test("a value is kept as it is, also a string that holds JSON", () => {
  for (const value of ["", '{"a":1}', 0, false, [], {}, [null], "2019-08-21"] as Json[]) {
    assert.deepEqual(createReference({ type: "t", value }, time)["value"], value);
  }
});

test("what is not of the shape is refused, all of it at once", () => {
  const fields = (body: JsonObject) => refusal("validation", () => createReference(body, time));
  assert.deepEqual(fields({}), ["type"]);
  assert.deepEqual(fields({ type: 1 }), ["type"]);
  assert.deepEqual(fields({ type: "" }), ["type"]);
  assert.deepEqual(fields({ type: "x".repeat(1_001) }), ["type"]);
  assert.deepEqual(fields({ type: "t", opts: [] }), ["opts"]);
  assert.deepEqual(fields({ type: "t", ext: "x" }), ["ext"]);
  assert.deepEqual(fields({ type: "t", other: 1, opts: { title: 1, user_tags: [1], x: 2 } }), [
    "other",
    "opts.title",
    "opts.user_tags",
    "opts.x",
  ]);
  assert.deepEqual(fields(parseJson('{"type":"t","__proto__":{}}') as JsonObject), ["__proto__"]);
  createReference({ type: "x".repeat(1_000), opts: { comment: "", user_tags: [] } }, time);
});

test("opts and ext merge one level, arrays and what is deeper are replaced, null removes", () => {
  const old = { type: "t", opts: { title: "a", comment: "b" }, ext: { own: { x: 1, y: 2 }, z: 3 } };
  assert.deepEqual(mergeReference(old, { opts: { comment: null, user_tags: ["x"] } }), {
    ...old,
    opts: { title: "a", user_tags: ["x"] },
  });
  assert.deepEqual(mergeReference(old, { ext: { own: { y: 9 }, z: null } })["ext"], {
    own: { y: 9 },
  });
  assert.deepEqual(mergeReference(old, { opts: null, ext: null }), old);
});

test("value and type are replaced whole, and null is a value but no type", () => {
  assert.deepEqual(mergeReference({ value: { a: 1, b: 2 } }, { value: { b: 3 } }), {
    value: { b: 3 },
  });
  assert.deepEqual(mergeReference({ value: 1 }, { value: null }), { value: null });
  const asked = mergeReference(made, { type: null });
  assert.deepEqual(
    refusal("validation", () => changeReference(made, asked, time)),
    ["type"],
  );
});

test("a change moves lwt and nothing else, and what changes nothing gives the same object", () => {
  const changed = changeReference(made, mergeReference(made, { value: 3 }), time + 1);
  assert.deepEqual(changed, {
    ...made,
    value: 3,
    ext: { ct: timeText(time), lwt: timeText(time + 1), own: 1 },
  });
  for (const patch of [{}, { value: 2 }, { opts: { title: "a" } }, { ext: { lwt: "x", ct: 1 } }]) {
    assert.equal(changeReference(made, mergeReference(made, patch as JsonObject), time + 1), made);
  }
});

test("the times cannot be taken away or changed, whatever is asked", () => {
  for (const ext of [undefined, {}, { ct: 1, lwt: 2 }]) {
    const asked = { ...made, type: "other", ...(ext && { ext }) } as JsonObject;
    const { ct, lwt } = changeReference(made, asked, time + 5)["ext"] as JsonObject;
    assert.deepEqual([ct, lwt], [timeText(time), timeText(time + 5)]);
  }
});

test("sending an object back as it was read changes nothing", () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  const keys = fc.string().filter((key) => !["ct", "lwt", "__proto__"].includes(key));
  fc.assert(
    fc.property(json, fc.dictionary(keys, json), (value, ext) => {
      const object = createReference({ type: "t", value, ext }, time);
      assert.equal(changeReference(object, mergeReference(object, object), time + 1), object);
    }),
  );
});

test("a value at its limit is kept, and one byte more is refused, whatever its letters", () => {
  for (const letter of ["a", "é", "€", "😀"]) {
    const size = Buffer.byteLength(letter);
    const letters = Math.floor((referenceValueBytesMax - 2) / size);
    const value = letter.repeat(letters) + "a".repeat((referenceValueBytesMax - 2) % size);
    assert.equal(createReference({ type: "t", value }, time)["value"], value);
    const larger = { type: "t", value: `${value}a` };
    assert.deepEqual(
      refusal("too_large", () => createReference(larger, time)),
      ["value"],
    );
  }
});

test("what stands around the value has a limit of its own, however it has grown", () => {
  const comment = "x".repeat(referenceRestBytesMax - 200);
  const object = createReference({ type: "t", opts: { comment } }, time);
  const asked = mergeReference(object, { ext: { more: "x".repeat(200) } });
  assert.deepEqual(
    refusal("too_large", () => changeReference(object, asked, time)),
    [""],
  );
});

test("texts of times sort as the times do", () => {
  const ms = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(ms, ms, (a, b) => {
      assert.equal(Math.sign(a - b), timeText(a) < timeText(b) ? -1 : a === b ? 0 : 1);
    }),
  );
  assert.throws(() => timeText(Number.MAX_SAFE_INTEGER), StoaError);
});

/** The paths of the violations. */
function refusal(code: string, work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    assert(error instanceof StoaError, String(error));
    assert.equal(error.code, code);
    return error.details?.map(({ path }) => path) ?? [];
  }
  assert.fail("it is not refused");
}
