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
