/** Tests of entity tags in headers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { etagHeaders, isKnown, parseIfMatch } from "./etag.ts";

test("an answer with a tag has a header, one without has none", () => {
  assert.deepEqual(etagHeaders('"417.3"'), { etag: '"417.3"' });
  assert.equal(etagHeaders(null), undefined);
});

test("If-Match is a list of tags, and a weak one never fulfils it", () => {
  assert.deepEqual(parseIfMatch('"1.1"'), ['"1.1"']);
  assert.deepEqual(parseIfMatch('"1.1", W/"2.2","a,b" ,, "3"'), ['"1.1"', '"a,b"', '"3"']);
  assert.deepEqual(parseIfMatch('W/"1"'), []);
});

test("no If-Match and a star ask for nothing", () => {
  assert.equal(parseIfMatch(undefined), null);
  assert.equal(parseIfMatch(" * "), null);
});

for (const header of ["", "417", '"417', '"a" "b"', '*, "a"', 'w/"a"']) {
  test(`If-Match: ${header || "(empty)"} is refused by name`, () => {
    assert.throws(() => parseIfMatch(header), /^StoaError: If-Match: must be a list/);
  });
}

test("If-None-Match compares weakly, and a star knows everything", () => {
  assert.equal(isKnown('"1.1"', '"1.1"'), true);
  assert.equal(isKnown('W/"1.1"', '"1.1"'), true);
  assert.equal(isKnown('"0", "1.1"', '"1.1"'), true);
  assert.equal(isKnown("*", '"1.1"'), true);
});

test("another tag, none, or an answer without a tag is not known", () => {
  assert.equal(isKnown('"1.2"', '"1.1"'), false);
  assert.equal(isKnown('"11.1"', '"1.1"'), false);
  assert.equal(isKnown(undefined, '"1.1"'), false);
  assert.equal(isKnown("*", null), false);
  assert.equal(isKnown("1.1", '"1.1"'), false);
});

test("a long header that is almost a list is refused at once", () => {
  const times = [1, 2, 3].map(() => {
    const started = performance.now();
    assert.throws(() => parseIfMatch(`${'"a", '.repeat(10_000)}x`));
    assert.throws(() => parseIfMatch(`${", ".repeat(20_000)}x`));
    return performance.now() - started;
  });
  // What else runs on the machine may hold up some of them, not all.
  assert.ok(Math.min(...times) < 500, `${times} ms`);
});
