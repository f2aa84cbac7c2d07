/**
 * JSON pointers (RFC 6901): how they read and what they refuse.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arrayIndex, jsonPointerText, parseJsonPointer } from "./json-pointer.ts";

/** RFC 6901, 5. */
const vectors: readonly [string, readonly string[]][] = [
  ["", []],
  ["/foo", ["foo"]],
  ["/foo/0", ["foo", "0"]],
  ["/", [""]],
  ["/a~1b", ["a/b"]],
  ["/c%d", ["c%d"]],
  ["/e^f", ["e^f"]],
  ["/g|h", ["g|h"]],
  ["/i\\j", ["i\\j"]],
  ['/k"l', ['k"l']],
  ["/ ", [" "]],
  ["/m~0n", ["m~n"]],
  ["/~01", ["~1"]],
  ["//a/", ["", "a", ""]],
];

for (const [text, pointer] of vectors) {
  test(`the pointer ${JSON.stringify(text)} names ${JSON.stringify(pointer)}`, () => {
    assert.deepEqual(parseJsonPointer(text), pointer);
    assert.equal(jsonPointerText(pointer), text);
  });
}

test("a pointer begins with a slash and has no bare tilde", () => {
  for (const text of ["a", " /a", "#/a", "/~", "/a~2", "/a~/b"]) {
    assert.equal(parseJsonPointer(text), undefined, text);
  }
});

test("any names make a pointer and come back from it", () => {
  const names = fc.array(fc.string({ unit: fc.constantFrom("~", "/", "0", "1", "a") }));
  fc.assert(
    fc.property(names, (pointer) => {
      assert.deepEqual(parseJsonPointer(jsonPointerText(pointer)), pointer);
    }),
  );
});

test("an index is decimal digits without a leading zero", () => {
  assert.deepEqual(["0", "7", "10"].map(arrayIndex), [0, 7, 10]);
  for (const name of ["", "-", "-1", "00", "01", "1e0", "1.0", "+1", " 1", "٣", "9".repeat(20)]) {
    assert.equal(arrayIndex(name), undefined, name);
  }
});
