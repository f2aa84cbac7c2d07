/**
 * Where values end in a text: just where they were put together to end.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteAt, JsonSource, levelEnd, stringEnd, valueEnd } from "./json-source.ts";

const sourceOf = (text: string) => new JsonSource(new TextEncoder().encode(text));
const length = (text: string) => new TextEncoder().encode(text).length;

test("random values end where what follows them begins, wherever they stand", () => {
  const before = fc.constantFrom("", "[", '{"a":', '"\\\\",', "[[1],", '["é",');
  const after = fc.constantFrom(",", "}", "]", ',"a"', "}]}", ']\n,\n{"b":"c"}');
  let nested = 0;
  fc.assert(
    fc.property(fc.json(), before, after, (value, front, back) => {
      const text = JSON.stringify(JSON.parse(value));
      const source = sourceOf(front + text + back);
      const [start, end] = [length(front), length(front + text)];
      assert.equal(valueEnd(source, start), end);
      if (text.startsWith('"')) assert.equal(stringEnd(source, start), end);
      if (!/^[{[]/.test(text)) return;
      nested++;
      assert.equal(levelEnd(source, start + 1, 1), end);
      const deeper = sourceOf(`{"x":${text},"y":["}]"]}`);
      assert.equal(levelEnd(deeper, length('{"x":') + 1, 2), deeper.bytes.length);
    }),
    { numRuns: 500 },
  );
  assert(nested > 50, "some were objects or arrays");
});

test("a byte is found where it stands first, and else where the text ends", () => {
  const text = `${"é\u0001\u007f".repeat(5)}abc\n\nd`;
  for (let start = 0; start < length(text); start++) {
    const bytes = new TextEncoder().encode(text);
    for (const byte of [0x0a, 0x64, 0xc3, 0x00]) {
      const expected = bytes.indexOf(byte, start);
      assert.equal(
        byteAt(new JsonSource(bytes), byte, start),
        expected < 0 ? bytes.length : expected,
      );
    }
  }
});

test("a text that breaks off is told", () => {
  assert.throws(() => valueEnd(sourceOf('"abcdef'), 0), /ended within a string/);
  assert.throws(() => valueEnd(sourceOf('"abcdef\\"'), 0), /ended within a string/);
  assert.throws(() => valueEnd(sourceOf('{"a":[1,2]'), 0), /ended within an object/);
  assert.throws(() => valueEnd(sourceOf('["a'), 0), /ended within a string/);
});
