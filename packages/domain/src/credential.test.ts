/** What credentials permit and contain (design 10, rule 1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Act,
  contains,
  type Method,
  parseCredential,
  parseCredentials,
  permits,
} from "./credential.ts";
import { StoaError } from "./error.ts";
import { credentialCharactersMax, credentialsMax } from "./limit.ts";

function act(text: string): Act {
  const [method, path = ""] = text.split(" ");
  return { method: method as Method, path: path.split("/") };
}

const permitted: readonly (readonly [credential: string, yes: string[], no: string[]])[] = [
  [
    "GET cities",
    ["GET cities"],
    ["POST cities", "GET cities/:id", "GET city", "GET cities/:id/access"],
  ],
  [
    "GET cities/*",
    ["GET cities", "GET cities/:id", "GET cities/:id/access"],
    ["GET city", "LOOKUP cities"],
  ],
  ["GET cities/:id", ["GET cities/:id"], ["GET cities", "GET cities/:id/access"]],
  ["* cities", ["GET cities", "POST cities", "LOOKUP cities"], ["GET cities/:id"]],
  ["* models/*", ["PATCH models/:id", "GET models"], ["GET cities"]],
  ["GET */:id", ["GET cities/:id"], ["GET cities", "GET users/:id", "GET webhooks/:id"]],
  ["POST */*/access", ["POST cities/:id/access"], ["POST cities/access", "POST users/:id/access"]],
  [
    "GET *",
    ["GET cities", "GET cities/:id"],
    ["GET users", "GET users/:id", "GET metrics", "GET backups"],
  ],
  [
    "* *",
    ["DELETE cities/:id"],
    ["DELETE users/:id", "GET stores", "GET sessions", "GET webhooks"],
  ],
  ["GET :store", ["GET cities"], ["GET roles", "GET cities/:id"]],
  ["GET users", ["GET users"], ["GET users/:id", "POST users"]],
  ["GET users/*", ["GET users", "GET users/:id"], ["GET groups"]],
  ["*", ["GET cities", "DELETE users/:id", "GET metrics", "LOOKUP a/b/c"], []],
];

for (const [text, yes, no] of permitted) {
  test(`"${text}" permits what it says and nothing else`, () => {
    const credential = parseCredential(text);
    for (const one of yes) assert.equal(permits(credential, act(one)), true, one);
    for (const one of no) assert.equal(permits(credential, act(one)), false, one);
  });
}

const contained: readonly (readonly [outer: string, inside: string[], outside: string[]])[] = [
  ["*", ["*", "* *", "GET users/*"], []],
  ["* *", ["* *", "GET *", "POST cities", "* */*", "GET :store"], ["*", "GET users", "* stores/*"]],
  ["GET *", ["GET cities/*", "GET */:id"], ["* *", "POST cities", "GET users"]],
  [
    "GET cities/*",
    ["GET cities", "GET cities/:id", "GET cities/*/access"],
    ["* cities", "GET *", "*"],
  ],
  ["GET cities", ["GET cities"], ["GET cities/*", "GET cities/:id"]],
  ["GET cities/*/access", ["GET cities/:id/access"], ["GET cities/*", "GET cities/access"]],
  ["* users/*", ["PATCH users/:id", "* users"], ["* groups", "* *"]],
];

for (const [text, inside, outside] of contained) {
  test(`"${text}" contains what permits no more than it does`, () => {
    const outer = parseCredential(text);
    for (const one of inside) assert.equal(contains(outer, parseCredential(one)), true, one);
    for (const one of outside) assert.equal(contains(outer, parseCredential(one)), false, one);
  });
}

test("a credential is a method, a space and a path, or the lone star", () => {
  for (const text of ["GET a-b_c.d/:id/*", "LOOKUP cities", "*", "* *", "DELETE */x"]) {
    assert.equal(parseCredential(text).text, text);
  }
  const odd = [
    "",
    "GET",
    "GET ",
    "get cities",
    "PUT cities",
    "GET /cities",
    "GET cities/",
    "GET  a",
  ];
  const types = [null, 1, ["*"], { text: "*" }, undefined];
  for (const text of [
    ...odd,
    "GET a//b",
    "GET a*",
    "** a",
    "GET a b",
    "* ",
    "GET é",
    "*\n",
    ...types,
  ]) {
    assert.throws(() => parseCredential(text), { code: "validation" }, String(text));
  }
});

test("a list of credentials names the element that is wrong, and is bounded", () => {
  assert.deepEqual(
    parseCredentials(["*", "GET a"]).map(({ text }) => text),
    ["*", "GET a"],
  );
  assert.throws(
    () => parseCredentials(["*", "bad"], "scopes"),
    (error: unknown) => error instanceof StoaError && error.details?.[0]?.path === "scopes.1",
  );
  const long = `GET ${"a".repeat(credentialCharactersMax - 4)}`;
  assert.equal(parseCredential(long).path.length, 1);
  for (const bad of ["*", { 0: "*" }, null, [`${long}a`], Array(credentialsMax + 1).fill("*")]) {
    assert.throws(() => parseCredentials(bad), { code: "validation" });
  }
});

const segment = fc.constantFrom("cities", "users", "a", "*", ":id", ":store");
const pattern = fc.oneof(
  { weight: 1, arbitrary: fc.constant("*") },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom("GET", "POST", "*"), fc.array(segment, { minLength: 1, maxLength: 3 }))
      .map(([method, path]) => `${method} ${path.join("/")}`),
  },
);
const anyAct = fc.record({
  method: fc.constantFrom<Method>("GET", "POST", "DELETE"),
  path: fc.array(fc.constantFrom("cities", "users", "metrics", "a", "b", ":id"), { maxLength: 4 }),
});

test("what contains a credential permits every act that it permits", () => {
  let seen = 0;
  fc.assert(
    fc.property(pattern, pattern, fc.array(anyAct, { minLength: 20 }), (a, b, acts) => {
      const [outer, inner] = [parseCredential(a), parseCredential(b)];
      if (!contains(outer, inner)) return;
      for (const one of acts) {
        if (!permits(inner, one)) continue;
        seen++;
        assert(permits(outer, one), `${a} contains ${b}, but not ${JSON.stringify(one)}`);
      }
    }),
    { numRuns: 5_000 },
  );
  assert(seen > 100, `only ${seen} acts were permitted`);
});

test("containing is reflexive and transitive", () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (a, b, c) => {
      const [x, y, z] = [parseCredential(a), parseCredential(b), parseCredential(c)];
      assert(contains(x, x));
      if (contains(x, y) && contains(y, z)) assert(contains(x, z), `${a} > ${b} > ${c}`);
    }),
    { numRuns: 5_000 },
  );
});
