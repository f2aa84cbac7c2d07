/**
 * Shows Biome and knip one mistake of each kind that the house leans on them to find, in a small
 * tree with our own settings: a check that saw nothing would pass as well.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "./source-files.ts";

const planted: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "house", private: true, workspaces: ["packages/*"] }),
  "packages/domain/package.json": JSON.stringify({
    name: "@stoa/domain",
    exports: "./src/index.ts",
  }),
  "packages/domain/src/index.ts": `
    export type Kind = { readonly kind: "a" } | { readonly kind: "b" };
    export async function save(): Promise<void> {}
    export const deadOfBarrel = 1;`,
  "packages/server/package.json": JSON.stringify({
    name: "@stoa/server",
    dependencies: { "@stoa/domain": "*", "dead-package": "1" },
  }),
  "packages/server/src/app/main.ts": `
    import { type Kind, save } from "@stoa/domain";
    import { left } from "./left.ts";
    import { join } from "path";
    export function run(value: Kind): void {
      save();
      [left].forEach(async () => { await save(); });
      switch (value.kind) { case "a": return; }
    }`,
  "packages/server/src/app/left.ts": `
    import type { Right } from "./right.ts";
    export const left: Right = 1;
    export const deadExport = 2;`,
  "packages/server/src/app/right.ts": `
    import type { left } from "./left.ts";
    export type Right = number | typeof left;`,
  "packages/server/src/app/dead-file.ts": "export const alone = 1;",
};

describe("a planted mistake is found", () => {
  let house = "";
  let lint = "";
  let dead = "";

  before(() => {
    house = mkdtempSync(join(tmpdir(), "stoa-checks-"));
    for (const [path, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(house, path)), { recursive: true });
      writeFileSync(join(house, path), text);
    }
    mkdirSync(join(house, "node_modules/@stoa"), { recursive: true });
    symlinkSync(join(house, "packages/domain"), join(house, "node_modules/@stoa/domain"));
    cpSync(join(root, "knip.json"), join(house, "knip.json"));
    const biome = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
    const settings = { ...biome, vcs: { enabled: false } };
    writeFileSync(join(house, "biome.json"), JSON.stringify(settings));
    lint = say("@biomejs/biome/bin/biome", ["lint", "--max-diagnostics=none", "."]);
    dead = say("knip/bin/knip.js", ["--no-config-hints"]);
  });
  after(() => rmSync(house, { recursive: true, force: true }));

  function say(program: string, words: readonly string[]): string {
    const path = join(root, "node_modules", program);
    const result = spawnSync(process.execPath, [path, ...words], { cwd: house, encoding: "utf8" });
    assert.equal(result.status, 1, `${program} must fail here:\n${result.stdout}${result.stderr}`);
    return result.stdout + result.stderr;
  }

  const rules = [
    "nursery/noFloatingPromises",
    "nursery/noMisusedPromises",
    "nursery/useExhaustiveSwitchCases",
    "suspicious/noImportCycles",
    "correctness/noUnusedImports",
    "style/useNodejsImportProtocol",
  ];
  for (const rule of rules) {
    test(`by the lint rule ${rule}`, () => assert.ok(lint.includes(`lint/${rule}`), lint));
  }
  for (const name of ["deadExport", "deadOfBarrel", "dead-file.ts", "dead-package"]) {
    test(`as dead code: ${name}`, () => assert.ok(dead.includes(name), dead));
  }
  test("and what is in use is not called dead", () => {
    assert.doesNotMatch(dead, /^(save|left|run) /m);
  });
});
