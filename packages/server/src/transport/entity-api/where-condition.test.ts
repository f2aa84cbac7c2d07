/** Tests of `where.` conditions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, matches } from "@stoa/domain";
import fc from "fast-check";
import { parseQueryString } from "../query-string.ts";
import { parseCondition } from "./where-condition.ts";

const fits = (query: string, entity: JsonObject) =>
  matches(parseCondition(parseQueryString(query)[0] ?? assert.fail()), entity);

/** Query, an entity that fits, and one that does not. */
const rows: readonly [string, JsonObject, JsonObject][] = [
  ["where.city=Delft", { city: "Delft" }, { city: "delft" }],
  ["where.value=20", { value: 20 }, { value: "20" }],
  ['where.value="20"', { value: "20" }, { value: 20 }],
  ["where.value=%2220%22", { value: "20" }, { value: 20 }],
  ["where.code=01234", { code: "01234" }, { code: 1234 }],
  ["where.open=true", { open: true }, { open: "true" }],
  ["where.open=null", { open: null }, { open: "null" }],
  ["where.open=", { open: "" }, { open: null }],
  ["where.open", { open: "" }, { open: 1 }],
  ["where.value>=20", { value: 20 }, { value: 19 }],
  ["where.value%3E=20", { value: 20 }, { value: 19 }],
  ["where.value%3E%3D=20", { value: 20 }, { value: 19 }],
  ["where.value%3E%3D20", { value: 20 }, { value: 19 }],
  ["where.value<=20", { value: 20 }, { value: 21 }],
  ["where.value%3C%3D20", { value: 20 }, { value: 21 }],
  ["where.value>20", { value: 21 }, { value: 20 }],
  ["where.value%3E20", { value: 21 }, { value: 20 }],
  ["where.value<20", { value: 19 }, { value: 20 }],
  ["where.value!=20", { value: 21 }, { value: 20 }],
  ["where.value%21%3D20", { value: 21 }, { value: 20 }],
  ["where.value!=20", {}, { value: 20 }],
  ["where.value!=20,21", { value: 22 }, { value: 21 }],
  ["where.city=Delft,Gouda", { city: "Gouda" }, { city: "Delft,Gouda" }],
  ['where.city="Delft,Gouda"', { city: "Delft,Gouda" }, { city: "Gouda" }],
  ['where.city=1,"a,b",c', { city: "a,b" }, { city: "a" }],
  ['where.city="a\\",b",c', { city: 'a",b' }, { city: "b" }],
  ["where.city=New+York", { city: "New York" }, { city: "New+York" }],
  ["where.city=%C3%81gua", { city: "Água" }, { city: "Agua" }],
  ["where.tags=red", { tags: ["blue", "red"] }, { tags: ["blue"] }],
  ["where.tags!=red", { tags: ["blue"] }, { tags: ["blue", "red"] }],
  ["where.address.city=Delft", { address: { city: "Delft" } }, { "address.city": "Delft" }],
  ["where.formula=a=b", { formula: "a=b" }, { formula: "a" }],
  ['where.shape={"a":1}', { shape: '{"a":1}' }, { shape: { a: 1 } }],
  ["where._id=123456789012345678901234", { _id: "123456789012345678901234" }, { _id: "1" }],
  ["where.group=58238A935BAA56173B24F0E4", { group: "58238a935baa56173b24f0e4" }, { group: "5" }],
  [
    "where.branch=111111111111111111111111",
    { branch: ["111111111111111111111111"] },
    { branch: [] },
  ],
  ["where.__proto__=1", JSON.parse('{"__proto__":1}'), {}],
];
for (const [query, fitting, other] of rows) {
  test(`${query} finds ${JSON.stringify(fitting)} and not ${JSON.stringify(other)}`, () => {
    assert.equal(fits(query, fitting), true);
    assert.equal(fits(query, other), false);
  });
}

for (const query of [
  "where.=1",
  "where.a..b=1",
  "where.a=1e400",
  'where.a="\\u0000"',
  "where.a=%00",
]) {
  test(`${query} is refused under its name`, () => {
    assert.throws(
      () => fits(query, {}),
      (error: { code?: string; details?: { path: string }[] }) => {
        assert.equal(error.code, "validation");
        return error.details?.[0]?.path.startsWith("where.") ?? false;
      },
    );
  });
}

test("every text in JSON quotes is found as it is, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(!text.includes("\0"));
      const query = `where.a=${encodeURIComponent(JSON.stringify(text))}`;
      return fits(query, { a: text }) && !fits(query, { a: `${text}x` });
    }),
  );
});

test("every number is found as a number", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) =>
      fits(`where.a=${encodeURIComponent(String(number))}`, { a: number }),
    ),
  );
});
