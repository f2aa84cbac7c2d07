/**
 * Holds the whole tree to the rules of style and of floors, and the rules to their word: each is
 * shown a file that breaks it. Says how many files it saw, since a check of nothing always passes.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isSource, readSources, readTracked, type SourceFile } from "./source-files.ts";
import { findProblems, type Rule } from "./source-rules.ts";

/** Raised as the tree grows: the check must have seen at least so much. */
const sourcesMin = 25;

/** Each would tie the project to one machine. Written so that no pattern is found in this file. */
const machineWords: readonly RegExp[] = [
  /\/wor[k]\//,
  /\/tm[p]\/(bash|house|brief)/,
  /\/roo[t]\//,
  /\/(home|Users)\/[a-z]+\/(?!.*example)/,
  /regist[r]y\.(npmjs|yarnpkg|npmmirror)\./,
  /\b(jfro[g]|artifactor[y]|verdacci[o]|sonatyp[e])\b/i,
];

describe("the tree", () => {
  const tracked = readTracked();
  const sources = readSources();

  test("is seen as a whole", (context) => {
    const seen = new Set(sources.map(({ path }) => path));
    const known = (tracked ?? []).map(({ path }) => path).filter(isSource);
    const missed = known.filter((path) => !seen.has(path));
    context.diagnostic(`${sources.length} source files, ${known.length} of them tracked`);
    assert.deepEqual(missed, [], "tracked source files that the check did not see");
    assert.ok(sources.length >= sourcesMin, `saw ${sources.length} files, expected ${sourcesMin}`);
  });

  test("keeps its floors and its style", () => {
    const lines = findProblems(sources).map(
      ({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`,
    );
    if (lines.length > 0) assert.fail(`${lines.length} problems\n${lines.join("\n")}`);
  });

  test("names no machine and no registry", () => {
    const found = (tracked ?? sources).flatMap(findMachineWords);
    assert.deepEqual(found, []);
  });
});

const doc = "/** A file. */\n";
const domain = { path: "packages/domain/src/index.ts", text: doc };
const engine = { path: "packages/server/src/storage/engine.ts", text: doc };
const memory = { path: "packages/server/src/storage/memory-engine.ts", text: doc };
const service = { path: "packages/server/src/service/entity-service.ts", text: doc };
const http = { path: "packages/server/src/transport/http-server.ts", text: doc };
const main = { path: "packages/server/src/app/main.ts", text: doc };
const house = [domain, engine, memory, service, http, main];

/** The rules broken by one more file in a house that is otherwise in order, each named once. */
function rulesBrokenBy(path: string, code: string, opening = doc): Rule[] {
  const others = house.filter((file) => file.path !== path);
  const problems = findProblems([...others, { path, text: opening + code }]);
  return [...new Set(problems.map(({ rule }) => rule))];
}

describe("an import", () => {
  const allowed: [path: string, code: string][] = [
    ["packages/domain/src/a.test.ts", 'import { test } from "node:test";'],
    ["packages/server/src/storage/a.ts", 'import type { Filter } from "@stoa/domain";'],
    ["packages/server/src/service/a.ts", 'import type { E } from "../storage/engine.ts";'],
    ["packages/server/src/service/a.test.ts", 'import { m } from "../storage/memory-engine.ts";'],
    ["packages/server/src/transport/a.ts", 'import { e } from "../service/entity-service.ts";'],
    ["packages/server/src/transport/entity-api/a.ts", 'import { h } from "../http-server.ts";'],
    ["packages/server/src/app/wire.ts", 'import { m } from "../storage/memory-engine.ts";'],
    ["packages/client/src/a.ts", 'import { Filter } from "@stoa/domain";'],
    ["bench/bench.ts", 'import { m } from "../packages/server/src/storage/memory-engine.ts";'],
  ];
  for (const [path, code] of allowed) {
    test(`may stand in ${path}: ${code}`, () => assert.deepEqual(rulesBrokenBy(path, code), []));
  }

  const refused: [path: string, code: string, rule: Rule][] = [
    ["packages/domain/src/a.ts", 'import { readFile } from "node:fs";', "floor"],
    ["packages/domain/src/a.ts", 'import type { FastifyInstance } from "fastify";', "floor"],
    ["packages/server/src/storage/a.ts", 'import "../service/entity-service.ts";', "floor"],
    ["packages/server/src/service/a.ts", 'import "../storage/memory-engine.ts";', "floor"],
    [
      "packages/server/src/service/a.ts",
      'import { h } from "../transport/http-server.ts";',
      "floor",
    ],
    [
      "packages/server/src/transport/a.ts",
      'import type { E } from "../storage/engine.ts";',
      "floor",
    ],
    ["packages/server/src/transport/a.ts", 'export * from "../storage/engine.ts";', "floor"],
    ["packages/server/src/transport/a.ts", 'await import("../storage/engine.ts");', "floor"],
    ["packages/server/src/transport/a.ts", 'type E = import("../storage/engine.ts").E;', "floor"],
    ["packages/server/src/transport/a.ts", 'import "../app/main.ts";', "floor"],
    ["packages/server/src/cellar/a.ts", "", "floor"],
    ["packages/client/src/a.ts", 'import "@stoa/domain/src/index.ts";', "barrel"],
    ["packages/client/src/a.ts", 'import "../../domain/src/index.ts";', "barrel"],
    ["packages/domain/src/a.ts", 'import "@stoa/domain";', "barrel"],
    ["packages/domain/src/a.ts", 'import "./gone.ts";', "missing-import"],
  ];
  for (const [path, code, rule] of refused) {
    test(`may not stand in ${path}: ${code}`, () => {
      assert.deepEqual(rulesBrokenBy(path, code), [rule]);
    });
  }

  test("may not close a circle, not even for a type", () => {
    const files: SourceFile[] = [
      { path: "packages/domain/src/a.ts", text: `${doc}import "./b.ts";` },
      { path: "packages/domain/src/b.ts", text: `${doc}import type { C } from "./c.ts";` },
      { path: "packages/domain/src/c.ts", text: `${doc}export { A } from "./a.ts";` },
    ];
    const [problem, ...rest] = findProblems(files);
    assert.equal(problem?.rule, "cycle");
    assert.match(problem.message, /a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts/);
    assert.deepEqual(rest, []);
  });
});

describe("a file", () => {
  const path = "packages/domain/src/a.ts";
  const block = (lines: number) => `{\n${"a();\n".repeat(lines - 2)}}`;

  const allowed: [name: string, path: string, code: string][] = [
    ["has 400 lines", path, "a();\n".repeat(399)],
    ["holds a function of 70 lines", path, `function a() ${block(70)}`],
    ["has a chapter of many tests", path, `describe("a", () => ${block(90)});`],
    ["has a line of 100 characters", path, `//${"é".repeat(98)}`],
    ["is the barrel of its package", "packages/client/src/index.ts", ""],
    ["reads the environment on the roof", "packages/server/src/app/b.ts", "a(process.env);"],
  ];
  for (const [name, at, code] of allowed) {
    test(`may stand when it ${name}`, () => assert.deepEqual(rulesBrokenBy(at, code), []));
  }

  const refused: [name: string, path: string, code: string, rule: Rule][] = [
    ["has 401 lines", path, "a();\n".repeat(400), "file-length"],
    [
      "holds a function of 71 lines",
      path,
      `const a = async () => ${block(71)};`,
      "function-length",
    ],
    ["holds a method of 71 lines", path, `class A { a() ${block(71)} }`, "function-length"],
    ["has a line of 101 characters", path, `//${"é".repeat(99)}`, "line-length"],
    ["is a drawer", "packages/domain/src/string-utils.ts", "", "name"],
    ["is a drawer of types", "packages/domain/src/types.ts", "", "name"],
    ["lies in a drawer", "packages/domain/src/common/a.ts", "", "name"],
    ["is a second barrel", "packages/server/src/storage/index.ts", "", "name"],
    ["reads the environment below the roof", path, "a(process.env.HOME);", "ambient"],
    ["reads the arguments below the roof", path, 'a(process["argv"]);', "ambient"],
    ["cannot be parsed", path, "const = 1;", "syntax"],
  ];
  for (const [name, at, code, rule] of refused) {
    test(`may not stand when it ${name}`, () => {
      assert.deepEqual(rulesBrokenBy(at, code), [rule]);
    });
  }

  test("may not stand without an opening sentence", () => {
    assert.deepEqual(rulesBrokenBy(path, "a();", ""), ["opening"]);
    assert.deepEqual(rulesBrokenBy(path, "a();", "// A file.\n"), ["opening"]);
  });
});

describe("a word", () => {
  test("may not tie the tree to a machine", () => {
    const texts = ["cd /wor" + "k/main", "https://regist" + "ry.npmjs.org/pg", "/roo" + "t/.npmrc"];
    for (const text of texts) assert.equal(findMachineWords({ path: "a.md", text }).length, 1);
    assert.deepEqual(findMachineWords({ path: "a.md", text: "GET /cities works\n/api/work" }), []);
  });
});

function findMachineWords({ path, text }: SourceFile): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const word = machineWords.find((pattern) => pattern.test(line));
    return word === undefined ? [] : [`${path}:${index + 1} says ${line.match(word)?.[0]}`];
  });
}
