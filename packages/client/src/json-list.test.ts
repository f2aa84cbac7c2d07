/** Lists as texts of their elements, in whatever pieces they arrive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { elementTexts, streamedTexts } from "./json-list.ts";

const lists = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 });

test("an array comes apart into its elements as they stand", () => {
  assert.deepEqual(elementTexts("[]"), []);
  assert.deepEqual(elementTexts(' [ 1 , "a,]\\"[" ,{"b":[1,2]}]\n'), [
    "1",
    '"a,]\\"["',
    '{"b":[1,2]}',
  ]);
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), (list) => {
      const texts = list.map((one) => JSON.stringify(one));
      assert.deepEqual(elementTexts(`[${texts.join(",")}]`), texts);
    }),
  );
});

test("a streamed list is the same in whatever pieces it arrives", async () => {
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 40 }), async (list, size) => {
      const texts = list.map((one) => JSON.stringify(one));
      const text = texts.length === 0 ? "[\n]\n" : `[\n${texts.join("\n,\n")}\n]\n`;
      const found = await Array.fromAsync(streamedTexts(pieces(text, size)));
      assert.deepEqual(found.flat(), texts);
    }),
  );
});

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
