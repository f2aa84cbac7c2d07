/** Pages of bytes and of texts say the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BytesPage, textPage, textSeparator } from "./page.ts";

test("a page of bytes gives the texts that it was made of", () => {
  for (const texts of [
    [],
    ["{}"],
    ['{"_id":"1","name":"Delft\\n,\\n"}', '{"_id":"2","name":"é😀"}'],
  ]) {
    const bytes = new TextEncoder().encode(texts.join(textSeparator));
    const page = new BytesPage(bytes, texts.length, ["2"]);
    assert.deepEqual(page.texts, texts);
    assert.equal(page.count, textPage(texts, null).count);
  }
});

test("a page of texts gives their bytes, and their memory back", () => {
  const texts = ['{"_id":"1"}', '{"_id":"2","name":"é😀"}'];
  const page = textPage(texts, ["2"]);
  const bytes = page.bytes as Uint8Array;
  assert.deepEqual(new BytesPage(bytes, 2, ["2"]).texts, texts);
  page.release?.();
  assert.equal(bytes.length, 0);
  assert.deepEqual(page.texts, texts);
});

test("a page gives back memory that is its own, and no other", () => {
  const own = new BytesPage(new TextEncoder().encode('{"_id":"1"}'), 1, ["1"]);
  own.release();
  assert.equal(own.bytes.length, 0);
  const shared = new TextEncoder()
    .encode('{"_id":"1"}, and what is somebody else\'s')
    .subarray(0, 11);
  const part = new BytesPage(shared, 1, ["1"]);
  part.release();
  assert.deepEqual(part.texts, ['{"_id":"1"}']);
});
