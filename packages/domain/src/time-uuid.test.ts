/**
 * Uuids that carry the time, in the layout of the published samples.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isUuid, timeUuids, timeUuidTime } from "./time-uuid.ts";

const sample = "f199b9f2-016c-b30f-e345-50e54938780c";
const node = Uint8Array.of(0x50, 0xe5, 0x49, 0x38, 0x78, 0x0c);

test("the seed's sample tells its time", () => {
  assert.equal(new Date(timeUuidTime(sample)).toISOString(), "2019-08-21T07:24:18.629Z");
});

test("the seed's sample comes out of its own parts", () => {
  const now = () => Date.parse("2019-08-21T07:24:18.629Z");
  const next = timeUuids({ now, node, random: () => Uint8Array.of(0xf1, 0x99, 0xb9, 0xf2) });
  assert.equal(next(), sample);
});

test("any 8-4-4-4-12 lower-case hex is a uuid and nothing else is", () => {
  assert.ok(isUuid(sample));
  assert.ok(isUuid("00000000-0000-0000-0000-000000000000"));
  for (const text of [
    "",
    sample.toUpperCase(),
    sample.replaceAll("-", ""),
    `${sample}0`,
    `{${sample}}`,
    `${sample}\n`,
    sample.replace("f", "g"),
  ]) {
    assert.ok(!isUuid(text), JSON.stringify(text));
  }
});

test("ids of one millisecond differ even if the random bytes do not", () => {
  const next = timeUuids({ now: () => 1, node, random: () => Uint8Array.of(255, 255, 255, 255) });
  const ids = Array.from({ length: 1000 }, next);
  assert.equal(new Set(ids).size, 1000);
  assert.ok(ids.every(isUuid));
  assert.ok(ids[1]?.startsWith("00000000-0000-0000-0001-"));
});

test("no id comes twice when the clock goes back", () => {
  const times = [10, 9, 10, 11, 10];
  let tick = 0;
  const now = () => times[tick++] ?? 0;
  const next = timeUuids({ now, node, random: () => new Uint8Array(4) });
  const ids = times.map(() => next());
  assert.equal(new Set(ids).size, times.length);
  assert.deepEqual(ids.map(timeUuidTime), [10, 10, 10, 11, 11]);
});

test("a source with the wrong bytes is a mistake", () => {
  const random = () => new Uint8Array(4);
  assert.throws(() => timeUuids({ now: () => 0, node: new Uint8Array(5), random }), TypeError);
  const next = timeUuids({ now: () => 0, node, random: () => new Uint8Array(3) });
  assert.throws(next, TypeError);
});
